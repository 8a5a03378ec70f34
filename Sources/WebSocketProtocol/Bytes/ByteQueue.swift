/// Growable bytes with one owner: appended at the end, removed at the front.
///
/// Serves as assembly buffer, cork buffer and send backlog. Empty queues own no memory; growth doubles.
public struct ByteQueue: ~Copyable, @unchecked Sendable {
    @usableFromInline var base: UnsafeMutableRawPointer?
    @usableFromInline var head: Int
    @usableFromInline var end: Int
    @usableFromInline var allocated: Int

    /// Makes an empty queue, without allocating.
    @inlinable
    public init() {
        base = nil
        head = 0
        end = 0
        allocated = 0
    }

    @inlinable
    deinit { base?.deallocate() }

    /// How many bytes are in the queue.
    @inlinable public var count: Int { end &- head }

    /// Whether the queue holds no byte; it may still own memory, see ``capacity``.
    @inlinable public var isEmpty: Bool { end == head }

    /// How many bytes of memory the queue owns.
    @inlinable public var capacity: Int { allocated }

    /// The queue's bytes, borrowed.
    @inlinable
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = RawSpan(_unsafeBytes: unsafeBytes)
            return _overrideLifetime(span, borrowing: self)
        }
    }

    @inlinable
    var unsafeBytes: UnsafeRawBufferPointer {
        guard let base else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: base + head, count: count)
    }

    /// Calls `body` with the queue's bytes, which are valid until it returns.
    @inlinable
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(unsafeBytes)
    }

    /// Calls `body` with the queue's bytes for changes in place; they are valid until it returns.
    @inlinable
    public mutating func withUnsafeMutableBytes<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeMutableRawBufferPointer(mutating: unsafeBytes))
    }
}

extension ByteQueue {
    /// Copies `bytes` to the end.
    @inlinable
    public mutating func append(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// Copies `bytes` to the end; they must not lie in this queue.
    @inlinable
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count).copyMemory(from: source, byteCount: bytes.count)
        end &+= bytes.count
    }

    /// Adds one byte to the end.
    @inlinable
    public mutating func appendByte(_ byte: UInt8) {
        reserve(1).storeBytes(of: byte, as: UInt8.self)
        end &+= 1
    }

    /// Adds the UTF-8 bytes of `text` to the end.
    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Makes room for at least `minimum` bytes, which `body` writes.
    ///
    /// The memory is uninitialised. `body` returns how many bytes it wrote from the start; they join the queue.
    @inlinable
    public mutating func withUnsafeTail<Failure: Error>(
        minimum: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        let tail = reserve(max(minimum, 1))
        let room = allocated &- end
        let written = try body(UnsafeMutableRawBufferPointer(start: tail, count: room))
        precondition(written >= 0 && written <= room, "more bytes written than there was room for")
        end &+= written
    }

    /// Makes room for `additional` bytes without adding any.
    @inlinable
    public mutating func reserveCapacity(additional: Int) {
        if additional > 0 { _ = reserve(additional) }
    }

    /// The address after the last byte, with room for `additional` (at least one) bytes.
    @inlinable
    @inline(__always)
    mutating func reserve(_ additional: Int) -> UnsafeMutableRawPointer {
        if let base, allocated &- end >= additional { return base + end }
        return grow(additional)
    }

    @usableFromInline
    @inline(never)
    mutating func grow(_ additional: Int) -> UnsafeMutableRawPointer {
        let needed = count + additional
        if let base, needed <= allocated, head >= allocated / 2 {
            // Half of the memory lies free in front: moving costs no more than what was removed since.
            base.copyMemory(from: base + head, byteCount: count)
            end = count
            head = 0
            return base + end
        }
        return relocate(to: max(64, needed, allocated * 2))
    }

    @inline(never)
    mutating func relocate(to newCapacity: Int) -> UnsafeMutableRawPointer {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: newCapacity, alignment: 16)
        if let base {
            memory.copyMemory(from: base + head, byteCount: count)
            base.deallocate()
        }
        base = memory
        end = count
        head = 0
        allocated = newCapacity
        return memory + end
    }
}

extension ByteQueue {
    /// Removes the first `n` bytes; there must be that many.
    @inlinable
    public mutating func removeFirst(_ n: Int) {
        precondition(n >= 0 && n <= count, "more bytes removed than there are")
        head &+= n
        if head == end {
            head = 0
            end = 0
        }
    }

    /// Removes the last `n` bytes; there must be that many.
    mutating func removeLast(_ n: Int) {
        precondition(n >= 0 && n <= count, "more bytes removed than there are")
        end &-= n
    }

    /// Removes every byte; frees the memory too unless asked to keep it.
    @inlinable
    public mutating func removeAll(keepingCapacity: Bool = false) {
        head = 0
        end = 0
        if !keepingCapacity {
            base?.deallocate()
            base = nil
            allocated = 0
        }
    }

    /// Gives memory back down to `retained` bytes, or to what the content needs.
    ///
    /// Call it once a burst has passed: a queue never shrinks by itself.
    public mutating func shrink(toCapacity retained: Int = 0) {
        let wanted = max(count, retained)
        guard allocated > wanted else { return }
        if wanted == 0 { removeAll(keepingCapacity: false) } else { _ = relocate(to: wanted) }
    }
}
