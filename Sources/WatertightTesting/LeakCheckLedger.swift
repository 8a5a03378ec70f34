import Glibc
import SystemCalls

/// How long the checks of this process took, and how long they waited for each other: the times that swift-testing shows of their
/// tests are both together.
struct LeakCheckLedger {
    /// One check that has ended.
    struct Entry {
        /// The test, as `--filter` knows it; the place of the call outside of one.
        var name: String
        /// How long it waited for its turn.
        var waited: Duration
        /// How long it then took.
        var took: Duration
    }

    private(set) var entries: [Entry] = []

    /// What is shown by itself, and how many are.
    private static let shown = 10
    /// A shorter wait is not worth a line.
    private static let noticed = Duration.seconds(1)

    mutating func add(_ entry: Entry) { entries.append(entry) }

    /// What is to be said at the end; nil where nothing is. With `all`, the checks are what was asked for, and the slowest are
    /// named.
    func report(ofEveryTest all: Bool) -> String? {
        let total = entries.map(\.took).reduce(.zero, +)
        let longest = entries.map(\.waited).max() ?? .zero
        guard all || longest >= Self.noticed else { return nil }
        guard !entries.isEmpty else { return "leak checks: none, for no test ran" }
        var lines = [
            "leak checks: \(entries.count) in \(seconds(total)), one at a time"
                + (longest < Self.noticed
                    ? ""
                    : "; the times of their tests include what they waited for each other, up to \(seconds(longest))")
        ]
        if all {
            lines += entries.sorted { ($1.took, $0.name) < ($0.took, $1.name) }.prefix(Self.shown).map {
                "    \(seconds($0.took))  \($0.name)"
            }
            if entries.count > Self.shown { lines.append("    and \(entries.count - Self.shown) that took less") }
        }
        return lines.joined(separator: "\n")
    }

    private func seconds(_ duration: Duration) -> String {
        let tenths = Int((duration.inSeconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }
}

extension LeakCheckLedger {
    private static let own = Locked(State())

    private struct State {
        var ledger = LeakCheckLedger()
        var isOfEveryTest = false
        var isRegistered = false
    }

    /// Adds a check of this process.
    static func add(_ entry: Entry) {
        own.withLock { $0.ledger.add(entry) }
        reportAtExit(ofEveryTest: false)
    }

    /// Has this process say at its end, on stderr, what there is to say.
    static func reportAtExit(ofEveryTest: Bool) {
        let isFirst = own.withLock { state in
            state.isOfEveryTest = state.isOfEveryTest || ofEveryTest
            defer { state.isRegistered = true }
            return !state.isRegistered
        }
        guard isFirst else { return }
        atexit {
            guard let text = LeakCheckLedger.own.withLock({ $0.ledger.report(ofEveryTest: $0.isOfEveryTest) }) else {
                return
            }
            ErrorOutput.write(text)
        }
    }
}
