package import SystemCalls
package import Targets

/// Whether a target has worked off a block of connections: descriptors are back where they were before it, or no longer
/// change, and its threads have nothing left to do.
///
/// A server closes the descriptor of a connection before it has let go of everything else that it kept of it. A gauge that
/// counts every object sees that, so the target must have come to rest where one is read.
package struct Settling {
    /// Descriptors before the block.
    let control: Int
    /// Whether threads that have work count; not for a target that is never at rest.
    let awaitsRest: Bool
    /// How long that may take.
    private let restLimit: Duration
    private let began: MonotonicTime
    private var count = -1
    private var lastChange: MonotonicTime
    private var lastBusy: MonotonicTime

    /// How long descriptors must not change, and threads must have had no work.
    private static let (stillTime, restTime) = (Duration.milliseconds(30), Duration.milliseconds(5))
    /// How long descriptors may take; and how long threads may of a target that is known to come to rest.
    private static let (stillLimit, patientLimit) = (Duration.milliseconds(400), Duration.seconds(2))

    /// `isPatient` where no target was seen that never rests.
    package init(control: Int, awaitsRest: Bool, isPatient: Bool = true, at now: MonotonicTime) {
        self.control = control
        self.awaitsRest = awaitsRest
        restLimit = isPatient ? Self.patientLimit : Self.stillLimit
        (began, lastChange, lastBusy) = (now, now, now)
    }

    /// Takes note of how many connections wait to be accepted, of the open descriptors and of whether a thread has work.
    mutating func note(waiting: Int, descriptors: Int, isBusy: Bool, at now: MonotonicTime) {
        if waiting > 0 || descriptors != count { lastChange = now }
        if isBusy { lastBusy = now }
        count = descriptors
        isBack = waiting == 0 && descriptors <= control
    }

    private var isBack = false

    /// Whether the target is to be read.
    func isOver(at now: MonotonicTime) -> Bool {
        let isStill = isBack || now - lastChange > Self.stillTime || now - began >= Self.stillLimit
        return isStill && (isAtRest(at: now) || now - began >= restLimit)
    }

    /// Whether no thread has had work for a moment.
    package func isAtRest(at now: MonotonicTime) -> Bool { !awaitsRest || now - lastBusy >= Self.restTime }

    /// Watches `target` until it is settled, or long enough. Throws `TargetLost` where it has ended.
    package mutating func wait(for target: Target) async throws {
        while true {
            note(
                waiting: target.acceptQueue() ?? 0, descriptors: try target.descriptorCount(),
                isBusy: awaitsRest && target.isBusy, at: .now)
            if isOver(at: .now) { return }
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}
