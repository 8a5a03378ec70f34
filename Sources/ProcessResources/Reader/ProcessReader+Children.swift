import Glibc
import SystemCalls

extension ProcessReader {
    /// The processes whose parent this one is, zombies included, in ascending order.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted`, `malformed` or `unreadable`.
    public func children() throws(ProcessReadFailure) -> [Int32] {
        if let children = try childrenByThread() { return children }
        return try childrenByParent()
    }

    /// All descendants, in ascending order; skips those that end during the search.
    ///
    /// - Throws: as `children`, for this process; `notPermitted`, `malformed` or `unreadable` for a descendant.
    public func descendants() throws(ProcessReadFailure) -> [Int32] {
        var found: Set<Int32> = []
        var waiting = try children()
        while let child = waiting.popLast() {
            guard found.insert(child).inserted else { continue }
            do {
                waiting += try ProcessReader(pid: child).children()
            } catch {
                guard error.meansEnded else { throw error }
                if case .zombie = error { continue }
                found.remove(child)
            }
        }
        return found.sorted()
    }

    /// Reads each thread's list of children; nil if the kernel does not offer it.
    func childrenByThread() throws(ProcessReadFailure) -> [Int32]? {
        var children: [Int32] = []
        var isOffered = true
        do {
            let tasks = try DirectoryStream(opening: "task", in: directory.rawValue)
            let directory = tasks.descriptor
            try tasks.forEachNumber { (thread, _) throws(SystemCallError) in
                do throws(SystemCallError) {
                    let file = try OwnedDescriptor(opening: "\(thread)/children", in: directory, flags: O_RDONLY)
                    try Self.appendNumbers(of: file, to: &children)
                } catch {
                    if error.errno == ENOENT || error.errno == ESRCH {
                        // Either this thread has ended, or no thread has the file.
                        if faccessat(directory, "\(thread)", F_OK, 0) == 0 { isOffered = false }
                        return isOffered
                    }
                    throw error
                }
                return true
            }
        } catch {
            throw failure("task", error)
        }
        if children.isEmpty { try requireRunning() }
        return isOffered ? children.sorted() : nil
    }

    /// Reads the parent of every process.
    func childrenByParent() throws(ProcessReadFailure) -> [Int32] {
        var children: [Int32] = []
        do {
            try DirectoryStream(opening: "/proc", in: AT_FDCWD).forEachNumber { (candidate, _) in
                if let reader = try? ProcessReader(pid: candidate), (try? reader.stat().parent) == pid {
                    children.append(candidate)
                }
                return true
            }
        } catch {
            throw failure("/proc", error)
        }
        try requireRunning()
        return children.sorted()
    }

    /// Reads numbers separated by spaces, possibly more than a buffer holds.
    private static func appendNumbers(
        of file: borrowing OwnedDescriptor, to numbers: inout [Int32]
    ) throws(SystemCallError) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var number: Int32?
        while true {
            let received = try file.read(into: &buffer, from: 0, count: buffer.count)
            if received == 0 { break }
            for byte in buffer[..<received] {
                let digit = byte &- UInt8(ascii: "0")
                if digit < 10 {
                    number = (number ?? 0) &* 10 &+ Int32(digit)
                } else if let complete = number {
                    numbers.append(complete)
                    number = nil
                }
            }
        }
        if let number { numbers.append(number) }
    }
}

extension [ProcessReader] {
    /// The processes that these have started, in the order of their numbers, without those that are among these.
    package func newDescendants() -> [ProcessReader] {
        let pids = Set(flatMap { (try? $0.descendants()) ?? [] }).subtracting(map(\.pid))
        return pids.sorted().compactMap { try? ProcessReader(pid: $0) }
    }
}
