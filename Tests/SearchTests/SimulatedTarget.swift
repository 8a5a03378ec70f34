import LeakStatistics
import Lifecycles
import Remedies

@testable import Search

/// A target in memory: what it leaves behind is a function of the scripts that it takes.
struct SimulatedTarget {
    /// What one connection of a script leaves behind, given what the process has taken before.
    var leak: (SearchScript, [SearchScript]) -> Double = { _, _ in 0 }
    /// Whether a script ends the process.
    var ends: (SearchScript) -> Bool = { _ in false }
    /// The verdict of a check's row.
    var confirmation: (Suspect) -> SearchSchedule.Confirmation = { _ in .refuted(keptFor: nil) }
    /// What the process that goes on has taken.
    private var taken: [SearchScript] = []
    private var level = 10.0
    /// What comes back in the rest after a screen.
    var givenBack = 0.0
    /// How long a connection of a script takes.
    var lasts: (SearchScript) -> Duration = { _ in .zero }
    /// So many readings of trials do not see what is left behind.
    var misses = 0
    /// Rounds of screens, and of trials.
    private(set) var (rounds, trialRounds) = (0, 0)

    init() {}

    mutating func carryOut(_ trial: Trial, _ schedule: SearchSchedule) -> TrialResult {
        if trial.isFresh { (taken, level) = ([], 10) }
        var result = TrialResult()
        for script in trial.predecessors { play(script, trial.connections, &result) }
        for round in 1...(trial.warmUps + Trial.rounds) where result.failure == nil {
            for script in trial.scripts { play(script, trial.connections, &result) }
            if round >= trial.warmUps { result.levels.append([.descriptors: level]) }
            trialRounds += 1
            if misses > 0, round > trial.warmUps {
                misses -= 1
                result.levels[result.levels.count - 1] = [.descriptors: 10]
            }
            guard schedule.asksForMore(trial, result.levels) else { break }
        }
        return result
    }

    /// The rounds of a screen, as many as the schedule asks for.
    mutating func carryOut(_ screen: Screen, _ schedule: SearchSchedule) -> ScreenResult {
        if screen.isFresh { (taken, level) = ([], 10) }
        var (result, played) = (ScreenResult(scripts: screen.scripts.count), TrialResult())
        for index in screen.scripts.indices {
            // Every script is answered in a way of its own.
            var signature = AnswerSignature()
            signature.texts = index
            result.answers[index] = AnswerReader.Answer(signature, lasted: lasts(screen.scripts[index]))
        }
        if screen.isFresh { round(screen, &played, &result) }
        repeat { round(screen, &played, &result) } while schedule.asksForMore(screen, result.levels)
        (result.connections, result.failure) = (played.connections, played.failure)
        if schedule.asksForRest(screen, result) { result.rested = [.descriptors: level - givenBack] }
        return result
    }

    private mutating func round(_ screen: Screen, _ played: inout TrialResult, _ result: inout ScreenResult) {
        rounds += 1
        for script in screen.scripts { play(script, screen.connections, &played) }
        result.levels.append([.descriptors: level])
    }

    private mutating func play(_ script: SearchScript, _ connections: Int, _ result: inout TrialResult) {
        if ends(script) { result.failure = .ended("killed by signal 11") }
        level += Double(connections) * leak(script, taken)
        taken.append(script)
        result.connections += connections
    }

    /// Carries a whole search out; `limit` steps at most.
    mutating func search(_ schedule: inout SearchSchedule, steps limit: Int) {
        for _ in 0..<limit {
            switch schedule.next(at: schedule.settings.start) {
            case .screen(let screen):
                let result = carryOut(screen, schedule)
                schedule.didScreen(screen, result)
            case .drive(let trial):
                let result = carryOut(trial, schedule)
                schedule.didDrive(trial, result)
            case .confirm(let suspect):
                let confirmation = confirmation(suspect)
                schedule.didConfirm(suspect, confirmation)
            case .done: return
            }
            if !schedule.findings.isEmpty { return }
        }
    }
}
