public import LeakStatistics
public import Remedies

/// Why a finding is what it is, with its numbers; reports put it into words.
///
/// Encoded as an object of one key, the case's name, with its values by name: `{"slowing": {}}`.
public enum Reason: Hashable, Sendable, Codable {
    // MARK: Beside a leak

    /// Nothing was given back through a pause of so many seconds, after so many `connections` that each left something. A
    /// cache with room for more than so many entries would look the same. `isChosen` where the user chose the pause.
    case kept(pauseSeconds: Double, connections: Int, isChosen: Bool)
    /// The same where the amount differs from drive to drive.
    case keptUnevenly(pauseSeconds: Double, connections: Int, isChosen: Bool, least: Double, most: Double)

    /// So many of so many peers, who had told the target that their connections were over and stayed, were kept for so many
    /// seconds.
    case keptWhileStaying(kept: Int, peers: Int, seconds: Double)

    // MARK: Beside a clean verdict

    /// Kept for a while, and given back within so many seconds after the last connection.
    case released(seconds: Double)
    /// Given back during the pause.
    case releasedInPause

    // MARK: Inconclusive, more connections may tell

    /// No connection was made: the time ended before, or the first problem stood in the way.
    case notDriven(problem: Problem?)
    /// Too few to judge; so many `connections` in so many `seconds`, and so many units more are `held` since.
    case tooFewConnections(connections: Int, seconds: Double, held: Int)
    /// A leak up to the bound could hide in the gauge's noise.
    case noisy(bound: Double)
    /// A leak up to the bound could hide in so many bytes that may have been free inside the process before its first
    /// connection.
    case roomAtStart(bound: Double, bytes: Double)
    /// A leak up to the bound could hide in the room that a pause or warming up has left inside the process.
    case roomLeft(bound: Double)
    /// Growth slows down, and has not ended.
    case slowing
    /// Growth in steps, too few of them.
    case steps
    /// Readings that may be some seconds old, after connections for fewer.
    case staleReadings
    /// It grew until the pause, and not when driven again.
    case stopped(pauseSeconds: Double)
    /// It grows like a leak, but of so many verdicts one may by chance.
    case byChance(verdicts: Int)

    // MARK: Inconclusive, a pause must tell

    /// It grew like a leak, and the pause that tells could not be had: it was kept for at least so many of the `required`
    /// seconds.
    case pauseMissing(keptSeconds: Double, requiredSeconds: Double)
    /// It was kept through the pause, and so many timers that connections left are due only so many seconds after the last one.
    case timersPending(keptSeconds: Double, timers: Int, dueSeconds: Double)
    /// A pause gave part of it back, and what stayed was not confirmed by a second one.
    case restUnconfirmed(perConnection: Double, pauseSeconds: Double)
    /// What stays differs too much from drive to drive.
    case unsteady(least: Double, most: Double)

    /// It grows, as a cache of TLS sessions does until it is full, and fewer connections were made than that may hold entries.
    case sessionCache(connections: Int, entries: Int)

    // MARK: Inconclusive, another gauge must tell

    /// Memory of a program that collects garbage when it likes, without a reading of what is live.
    case collectorPending
    /// Memory grows though the live heap does not: it may be kept outside of that heap.
    case outsideHeap(bound: Double)
    /// What is said of another resource explains it.
    case explained(by: Resource)
    /// The gauge could not be read, or no longer.
    case unread(problem: Problem)

    // MARK: Inconclusive, the row did not go as it should

    /// The target could not safely be driven further.
    indirect case limited(StopReason, then: Reason)
    /// Too few connections went the way the lifecycle wants.
    case fewCompleted(share: Double, problem: Problem?)
    /// The lifecycle no longer came about; `grewBefore` where it grew like a leak until then.
    case failed(RowFailure, grewBefore: Bool)
    /// The target stopped taking part; `grewBefore` where it grew like a leak until then.
    case stalled(CheckResult.Stall, grewBefore: Bool)

    /// As an earlier version worded it in its record.
    case text(String)

    /// Whether something grows like a leak, and was neither confirmed nor refuted.
    package var isSuspicion: Bool {
        switch self {
        case .byChance, .pauseMissing, .timersPending, .restUnconfirmed, .unsteady, .steps, .stopped, .collectorPending:
            true
        case .failed(_, let grewBefore), .stalled(_, let grewBefore): grewBefore
        case .limited(_, let then): then.isSuspicion
        default: false
        }
    }
}

/// Why no more connections were made in a row: what leaks would exhaust the target.
public enum StopReason: Hashable, Sendable, Codable {
    /// A safe share of a process's limit of descriptors is used.
    case descriptors(limit: Int)
    /// So many threads more.
    case threads(Int)
    /// So many bytes more.
    case memory(bytes: Int)
    /// As an earlier version worded it in its record.
    case text(String)
}

/// Why a row's lifecycle no longer comes about.
public enum RowFailure: Hashable, Sendable, Codable {
    /// No connection came about.
    case neverCame(problem: Problem)
    /// After so many connections none did.
    case ceased(after: Int, problem: Problem)
    /// This side could not make them.
    case notAttempted(problem: Problem)
    /// The target was lost after so many connections.
    case targetLost(after: Int)
    /// Processes that served connections ended, with all that they held; these took their place.
    case replaced(ended: [Int32], by: [Int32])
    /// As an earlier version worded it in its record.
    case text(String)
}
