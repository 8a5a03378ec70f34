import SystemCalls

/// The right to check for leaks: one task of the process has it at a time.
///
/// Two checks at once would count each other's connections.
enum LeakCheckTurn {
    private struct Line {
        var isTaken = false
        var waiting: [UnsafeContinuation<Void, Never>] = []
    }

    private static let line = Locked(Line())
    /// Whether the task has its turn: a check within a check, such as one in a test with `.leakFree`, must not wait.
    @TaskLocal private static var isMine = false

    /// Waits for a turn, then runs `body`, which is told whether this is a check within another.
    static func waited<Result>(_ body: (_ isWithinAnother: Bool) async throws -> Result) async rethrows -> Result {
        if isMine { return try await body(true) }
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
        defer { passOn() }
        return try await $isMine.withValue(true) { try await body(false) }
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
