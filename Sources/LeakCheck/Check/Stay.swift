import Lifecycles
import SystemCalls
import Targets

/// How long the peers stay in rows that are about peers that stay.
///
/// What a heartbeat, an idle limit or a close limit does is reached only by peers that stay for longer. How long that is, is
/// learned from a few peers that are held while the first rows are driven.
struct Stay {
    /// The user's choice; nil where it is learned.
    var chosen: Duration?
    /// Time for the whole check.
    var budget: Duration
    /// Rows of the check, and those whose peers stay.
    var rows: Int
    var stayingRows: Int

    /// How long peers stay whose target does nothing that could be waited for.
    static let least = Duration.milliseconds(50)
    /// The part of the budget, divided by the rows that stay, that one stay may take: a row has some ten of them.
    private static let budgetShare = 1.0 / 12
    /// The part of the budget that may be spent on waiting for a heartbeat, where few rows share it.
    private static let waitingShare = 1.0 / 4
    /// How much longer than what was learned a stay is: timers run late on a busy machine.
    private static let margin = 1.2
    /// Stays of at least so long are made by many peers at a time.
    private static let longStay = Duration.milliseconds(500)
    /// Peers at a time, and connections of the first blocks, for stays that are short or long.
    private static let (shortCrowd, longCrowd) = (256, 1000)

    /// How long peers of `lifecycle` stay, given what was learned; nil for a row that is about a heartbeat, where none was seen
    /// or the time does not allow a stay that meets it. Such a row would say *clean* of what it never saw.
    func hold(_ lifecycle: Lifecycle, _ observed: StayObservation?) -> Duration? {
        guard lifecycle.staysConnected else { return Self.least }
        if let chosen { return chosen }
        let learned =
            switch lifecycle.name {
            case Lifecycle.idlePong.name: observed?.firstPingAfter
            case Lifecycle.idleNoPong.name: observed?.unansweredLimit ?? observed?.firstPingAfter
            default: observed?.unansweredLimit
            }
        if let learned {
            let needed = learned * Self.margin + Self.least
            if needed <= longest { return needed }
        }
        let isAboutHeartbeat = [Lifecycle.idlePong, .idleNoPong].contains { $0.name == lifecycle.name }
        return isAboutHeartbeat ? nil : Self.least
    }

    /// The longest stay for which the budget has room.
    var longest: Duration { budget * Self.budgetShare / Double(max(1, stayingRows)) }

    /// How long after its beginning a watch of the heartbeat is waited for, where no other row is left to drive.
    var wait: Duration { budget * Self.waitingShare / max(1, Double(rows) / 2) }

    /// Peers at a time, and connections of the first blocks, where they stay for `hold`.
    static func crowd(_ hold: Duration) -> Int { hold >= longStay ? longCrowd : shortCrowd }
}

/// Watches, beside a check, how a target treats peers that are connected and say nothing.
///
/// It has a process of its own, so that no row sees its peers.
final class StayWatch: Sendable {
    private let task: Task<StayObservation?, Never>
    private let isDone = Locked(false)
    private let began = MonotonicTime.now

    /// The longest that is waited for a Ping: longer than common heartbeats.
    private static let longest = Duration.seconds(75)

    /// Begins to watch a target of `plan`, whose peers are told what `script` makes of it.
    init(_ plan: CheckPlan, script: @escaping @Sendable (Target) -> PeerScript) {
        task = Task { [isDone] in
            defer { isDone.withLock { $0 = true } }
            guard let driver = try? PeerDriver(), let target = try? await Target.forPlan(plan) else { return nil }
            defer {
                driver.stop()
                target.end()
            }
            return await driver.observe(script(target), hold: Self.longest)
        }
    }

    /// What was seen by now, or `wait` after the beginning where that is later; the watch ends with it.
    func end(wait: Duration = .zero) async -> StayObservation? {
        while began.elapsed < wait, !isDone.withLock({ $0 }), !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(50))
        }
        task.cancel()
        return await task.value
    }
}
