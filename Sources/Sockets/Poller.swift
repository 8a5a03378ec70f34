import CLinux
import Glibc
import SystemCalls

/// An epoll instance and the event descriptor that wakes it.
struct Poller: ~Copyable {
    private var epoll: OwnedDescriptor?
    private var wakeEvent: OwnedDescriptor?
    private let epollNumber: Int32
    private let wakeNumber: Int32
    private var isOpen = true
    private let events: UnsafeMutableBufferPointer<epoll_event>

    /// The key under which a wake-up is reported.
    static let wakeKey = UInt64.max

    init() throws(SystemCallError) {
        let epollNumber = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epollNumber >= 0 else { throw SystemCallError(.epollCreate) }
        let epoll = OwnedDescriptor(owning: epollNumber)
        let eventNumber = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard eventNumber >= 0 else { throw SystemCallError(.eventfd) }
        let wakeEvent = OwnedDescriptor(owning: eventNumber)
        var event = epoll_event(events: Readiness.readable.rawValue, data: epoll_data(u64: Self.wakeKey))
        guard epoll_ctl(epollNumber, EPOLL_CTL_ADD, eventNumber, &event) == 0 else {
            throw SystemCallError(.epollControl)
        }
        self.epollNumber = epollNumber
        wakeNumber = eventNumber
        self.epoll = consume epoll
        self.wakeEvent = consume wakeEvent
        events = .allocate(capacity: 512)
    }

    /// Closes both descriptors; nothing may be called afterwards.
    mutating func close() {
        isOpen = false
        epoll = nil
        wakeEvent = nil
    }

    deinit {
        events.deallocate()
    }

    func add(_ number: Int32, key: UInt64, interest: Readiness) throws(SystemCallError) {
        var event = epoll_event(events: interest.rawValue, data: epoll_data(u64: key))
        guard epoll_ctl(epollNumber, EPOLL_CTL_ADD, number, &event) == 0 else {
            throw SystemCallError(.epollControl)
        }
    }

    func modify(_ number: Int32, key: UInt64, interest: Readiness) {
        var event = epoll_event(events: interest.rawValue, data: epoll_data(u64: key))
        let code = epoll_ctl(epollNumber, EPOLL_CTL_MOD, number, &event)
        precondition(code == 0, "a registered descriptor can be modified")
    }

    /// Forgets a descriptor that is about to be closed.
    ///
    /// Closing alone does so only where nobody holds a copy of it, such as a child that was forked or code that leaks it
    /// (epoll(7)): its events would go on without end, and could no longer be refused.
    func remove(_ number: Int32) {
        // What outlives the loop is closed without it.
        guard isOpen else { return }
        let code = epoll_ctl(epollNumber, EPOLL_CTL_DEL, number, nil)
        precondition(code == 0, "a registered descriptor can be removed")
    }

    /// Waits for events, at most until `deadline`; the events stay readable until the next wait.
    func wait(until deadline: MonotonicTime) throws(SystemCallError) -> UnsafeBufferPointer<epoll_event> {
        var milliseconds: Int32 = -1
        if deadline != .never {
            let now = MonotonicTime.now
            // Rounded up: waking just before a deadline would spin.
            milliseconds =
                deadline > now ? Int32(clamping: (deadline.nanoseconds - now.nanoseconds - 1) / 1_000_000 + 1) : 0
        }
        let count = epoll_wait(epollNumber, events.baseAddress!, Int32(events.count), milliseconds)
        if count < 0 {
            if errno == EINTR { return UnsafeBufferPointer(start: nil, count: 0) }
            throw SystemCallError(.epollWait)
        }
        return UnsafeBufferPointer(start: events.baseAddress, count: Int(count))
    }

    /// Ends the current or next wait; may be called from any thread.
    func wake() {
        var one: UInt64 = 1
        _ = write(wakeNumber, &one, 8)
    }

    func acknowledgeWake() {
        var count: UInt64 = 0
        _ = read(wakeNumber, &count, 8)
    }
}
