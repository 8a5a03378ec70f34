import SystemCalls

/// A closure that an event loop calls at its time, once or repeatedly; confined to the thread of the loop.
///
/// A loop that ends no longer calls it and releases it.
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

    /// Stops it; no effect once it has fired for the last time.
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

    public override func loopEnds() {
        body = nil
    }
}

extension EventLoop {
    /// Suspends the calling task for `duration`, or until the loop ends.
    ///
    /// A cancelled task wakes only at the end, so keep durations short.
    public func sleep(for duration: Duration) async {
        // A stopped loop has no clock; a polling task must not spin because of it.
        if isStopping { return _ = try? await Task.sleep(for: duration) }
        await withUnsafeContinuation { continuation in
            execute { self.setDeadline(of: Sleeper(continuation), to: .now + duration) }
        }
    }
}

/// One suspended task, always resumed.
private final class Sleeper: Timed {
    private let continuation: UnsafeContinuation<Void, Never>

    init(_ continuation: UnsafeContinuation<Void, Never>) {
        self.continuation = continuation
        super.init()
    }

    override func deadlineReached() {
        continuation.resume()
    }

    override func loopEnds() {
        continuation.resume()
    }
}
