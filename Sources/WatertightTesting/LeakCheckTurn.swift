import Sockets
import SystemCalls
import Testing

/// The right to check for leaks: one task of the process has it at a time.
///
/// Two checks at once would count each other's connections.
enum LeakCheckTurn {
    /// What a task is within.
    enum Holder {
        /// A check that somebody wrote.
        case check
        /// One that every test is given.
        case everyTest
    }

    private struct Line {
        var isTaken = false
        var waiting: [UnsafeContinuation<Void, Never>] = []
    }

    private static let line = Locked(Line())
    /// What has the turn that this task is within: a check within a check, such as one in a test with `.leakFree`, must not wait.
    @TaskLocal static var holder: Holder?

    /// Waits for a turn, then runs `body`, which is told whether this is a check within another; at `location` outside of a
    /// test.
    static func waited<Result>(
        as new: Holder, at location: SourceLocation, _ body: (_ isWithinAnother: Bool) async throws -> Result
    ) async rethrows -> Result {
        if holder != nil { return try await body(true) }
        let asked = ContinuousClock.now
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isFirst = line.withLock { line in
                guard line.isTaken else {
                    line.isTaken = true
                    return true
                }
                line.waiting.append(continuation)
                return false
            }
            if isFirst { continuation.resume() }
        }
        let begun = ContinuousClock.now
        defer {
            passOn()
            let name = Test.current.map { "\($0.id)" } ?? "\(location)"
            LeakCheckLedger.add(.init(name: name, waited: begun - asked, took: .now - begun))
        }
        return try await $holder.withValue(new) { try await body(false) }
    }

    private static func passOn() {
        let next = line.withLock { line -> UnsafeContinuation<Void, Never>? in
            guard line.waiting.isEmpty else { return line.waiting.removeFirst() }
            line.isTaken = false
            return nil
        }
        next?.resume()
    }
}
