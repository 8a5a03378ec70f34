/// A closure that an event loop calls at its time, once or repeatedly; confined to the thread of the loop.
public final class Timer: Timed, @unchecked Sendable {
    private let loop: EventLoop
    private let interval: Duration?
    private var body: (() -> Void)?

    /// Calls `body` after `delay` and, when `interval` is given, again after each interval, until cancelled.
    public init(
        on loop: EventLoop, after delay: Duration, every interval: Duration? = nil, _ body: @escaping () -> Void
    ) {
        self.loop = loop
        self.interval = interval
        self.body = body
        super.init()
        loop.setDeadline(of: self, to: .now + delay)
    }

    /// Stops it; without effect when it has fired for the last time.
    public func cancel() {
        body = nil
        loop.setDeadline(of: self, to: .never)
    }

    public override func deadlineReached() {
        guard let body else { return }
        if let interval {
            loop.setDeadline(of: self, to: loop.turnStart + interval)
        } else {
            self.body = nil
        }
        body()
    }
}

extension EventLoop {
    /// Suspends the calling task for `duration`; a cancelled task wakes only at the end, so keep durations short.
    public func sleep(for duration: Duration) async {
        await withUnsafeContinuation { continuation in
            execute { _ = Timer(on: self, after: duration) { continuation.resume() } }
        }
    }
}
