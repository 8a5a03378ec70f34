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

    init() {}

    mutating func carryOut(_ trial: Trial) -> TrialResult {
        if trial.isFresh { (taken, level) = ([], 10) }
        var result = TrialResult()
        for script in trial.predecessors { play(script, trial.connections, &result) }
        for round in 1...(trial.warmUps + Trial.rounds) where result.failure == nil {
            for script in trial.scripts { play(script, trial.connections, &result) }
            if round >= trial.warmUps { result.levels.append([.descriptors: level]) }
        }
        return result
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
            case .play(let scripts):
                let answers = scripts.enumerated().map { index, _ in
                    var signature = AnswerSignature()
                    signature.texts = index
                    return AnswerReader.Answer(signature, lasted: .zero)
                }
                schedule.didPlay(scripts, answers, violations: [], failure: nil)
            case .drive(let trial):
                let result = carryOut(trial)
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
