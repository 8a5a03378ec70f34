import LeakStatistics
import LeakTracking
import Managers

extension Stage {
    /// Runs and times `body`, which must not take longer than the limit.
    @discardableResult
    func timed(
        _ operation: String, within limit: Duration, isChecked: Bool = true, _ body: () async -> Void
    ) async -> Duration {
        let start = ContinuousClock.now
        await tracker.measure(operation, limit: limit) { await body() }
        let duration = start.duration(to: .now)
        if isChecked { expect(operation, duration, atMost: limit) }
        return duration
    }

    /// As `timed`, for what may fail and has a result.
    func timedResult<Value: Sendable>(
        _ operation: String, within limit: Duration, _ body: () async throws -> Value
    ) async throws -> Value {
        let start = ContinuousClock.now
        let value = try await tracker.measure(operation, limit: limit) { try await body() }
        expect(operation, start.duration(to: .now), atMost: limit)
        return value
    }

    /// Growth per operation must not look like a leak; only where nothing else happens in the process.
    func expectNoGrowth() {
        guard setting.isAloneInProcess else { return }
        for growth in tracker.growth where [.descriptors, .threads, .liveHeap].contains(growth.resource) {
            let found = growth.interval.map {
                "\(growth.perOperation ?? 0) per cycle, 99% interval \($0.lowerBound) to \($0.upperBound)"
            }
            expect(
                "growth of \(growth.resource.rawValue) per cycle is no leak", growth.verdict != .leak,
                found: found ?? "too few cycles")
        }
    }

    func snapshot(_ label: String) {
        do {
            try tracker.snapshot(label)
        } catch {
            expect("a snapshot of the process", false, found: "\(error)")
        }
    }
}

extension Duration {
    /// For example `12.3 ms`.
    var inMilliseconds: String {
        let tenths = (self / .microseconds(100)).rounded()
        return "\(tenths / 10) ms"
    }
}
