import Causes
package import LeakCheck
import Lifecycles

/// How what a group shows is followed to the one script that does it.
extension SearchSchedule {
    /// The next trial of what is followed; nil where a stage has come to its end.
    mutating func investigating() -> Step? {
        switch stage {
        case .halving(let investigation, let halving):
            if let scripts = halving.next { return trial(investigation, scripts) }
            endHalving(investigation, halving)
            return nil
        case .returning(let investigation), .retrying(let investigation):
            return trial(investigation, investigation.group)
        case .ordering(var investigation, let script, let removal):
            if let predecessors = removal.next {
                investigation.predecessors = predecessors
                return trial(investigation, [script])
            }
            investigation.predecessors = removal.elements
            stage = .shrinking(investigation, Shrinker(script))
            return nil
        case .shrinking(let investigation, var shrinker):
            if let script = shrinker.next() {
                stage = .shrinking(investigation, shrinker)
                return trial(investigation, [script], isFresh: investigation.symptom.needsFreshProcess)
            }
            endShrinking(investigation, shrinker)
            return nil
        case .repeating(let suspect):
            return .drive(
                Trial(
                    [suspect.script], after: suspect.predecessors, connections: settings.lonelyConnections,
                    isFresh: true))
        case .searching, .grouped, .confirming: return nil
        }
    }

    private func trial(_ investigation: Investigation, _ scripts: [SearchScript], isFresh: Bool = true) -> Step {
        // The fewer are left, the more connections each makes: what two of a group did together, one half must still show.
        let share = settings.connections * settings.groupSize / 2 / scripts.count
        let connections = min(settings.lonelyConnections, max(settings.connections, share))
        return .drive(
            Trial(
                scripts, after: investigation.predecessors, connections: connections,
                isFresh: isFresh || !investigation.predecessors.isEmpty))
    }

    /// One script is left, or the group does it only in its order.
    private mutating func endHalving(_ investigation: Investigation, _ halving: Halving) {
        for other in halving.others where waiting.count < 8 {
            var rest = investigation
            (rest.group, rest.history) = (other, [])
            waiting.append(rest)
        }
        if let script = halving.one {
            var investigation = investigation
            if halving.scripts.count < investigation.group.count { investigation.amount = halving.amount }
            stage =
                investigation.predecessors.isEmpty
                ? .shrinking(investigation, Shrinker(script))
                : .ordering(investigation, script, DeltaDebugging(investigation.predecessors))
        } else if !investigation.hasRetried {
            var again = investigation
            again.hasRetried = true
            again.predecessors = investigation.history.suffix(Self.mostHistory) + investigation.group
            stage = .retrying(again)
        } else {
            giveUp(investigation)
        }
    }

    private mutating func endShrinking(_ investigation: Investigation, _ shrinker: Shrinker) {
        let suspect = Suspect(
            symptom: investigation.symptom, script: shrinker.script, predecessors: investigation.predecessors,
            amount: investigation.amount)
        if let at = findings.firstIndex(where: { $0.suspect.isSame(as: suspect) }) {
            findings[at].repetitions += 1
            stage = .searching
        } else if refuted.contains(suspect.script) {
            drop(suspect.symptom)
        } else if suspect.symptom.resource == nil {
            stage = .repeating(suspect)
        } else {
            stage = .confirming(suspect)
        }
    }

    /// It was nothing.
    mutating func drop(_ symptom: Symptom) {
        counts.refuted += 1
        if let resource = symptom.resource { rule.learnRefutation(of: resource) }
        stage = .searching
    }

    /// So many scripts that came before a group are played again, to see whether it needs one of them.
    private static let mostHistory = 512

    // MARK: What came of it

    /// A trial was carried out.
    package mutating func didDrive(_ trial: Trial, _ result: TrialResult) {
        counts.trials += 1
        counts.connections += result.connections
        switch stage {
        case .grouped(let group): didGroup(group, trial, result)
        case .halving(let investigation, var halving):
            halving.did(rule.amount(of: investigation.symptom, trial, result))
            stage = .halving(investigation, halving)
        case .returning(var investigation):
            stage = .searching
            guard let amount = rule.amount(of: investigation.symptom, trial, result) else { return }
            investigation.amount = amount
            stage = .halving(investigation, Halving(investigation.group, amount: amount))
        case .retrying(var investigation):
            guard let amount = rule.amount(of: investigation.symptom, trial, result) else {
                return giveUp(investigation)
            }
            investigation.amount = amount
            stage = .halving(investigation, Halving(investigation.group, amount: amount))
        case .ordering(let investigation, let script, var removal):
            removal.did(holds(investigation, trial, result))
            stage = .ordering(investigation, script, removal)
        case .shrinking(let investigation, var shrinker):
            shrinker.did(holds(investigation, trial, result))
            stage = .shrinking(investigation, shrinker)
        case .repeating(let suspect): didRepeat(suspect, trial, result)
        case .searching, .confirming: break
        }
    }

    private mutating func didGroup(_ group: Group, _ trial: Trial, _ result: TrialResult) {
        counts.groups += 1
        groupsOfProcess += 1
        if let (symptom, amount) = rule.symptom(trial, result) { return suspect(symptom, amount, group) }
        if trial.isFresh { (history, readings) = (group.scripts, []) }
        note(result.levels.last)
        stage = .searching
    }

    /// Whether a trial still shows at least half of what is followed.
    private func holds(_ investigation: Investigation, _ trial: Trial, _ result: TrialResult) -> Bool {
        guard let amount = rule.amount(of: investigation.symptom, trial, result) else { return false }
        return amount >= investigation.amount / 2
    }

    private mutating func didRepeat(_ suspect: Suspect, _ trial: Trial, _ result: TrialResult) {
        guard rule.amount(of: suspect.symptom, trial, result) != nil else { return drop(suspect.symptom) }
        stage = .searching
        if let failure = result.failure {
            findings.append(SearchFinding(suspect: suspect, proof: .failure(failure)))
        } else if let violation = result.violations.first?.violation {
            findings.append(SearchFinding(suspect: suspect, proof: .violation(violation)))
        }
    }

    /// What a row of a check said of a suspect.
    package enum Confirmation: Sendable {
        /// It leaks; with the words of its causes, by which equal findings are known.
        case leak(CheckResult, causes: [String])
        /// It does not; where it kept something for a while, how long.
        case refuted(keptFor: Duration?)
        /// The row could not decide, or did not come about.
        case undecided(CheckResult?)
    }

    /// A row of a check has said what a suspect is.
    package mutating func didConfirm(_ suspect: Suspect, _ confirmation: Confirmation) {
        stage = .searching
        switch confirmation {
        case .leak(let result, let causes):
            let known = findings.firstIndex { finding in
                guard case .leak(let other) = finding.proof, !causes.isEmpty else { return false }
                return other.causeWords == causes
            }
            if let known {
                findings[known].repetitions += 1
                refuted.insert(suspect.script)
            } else {
                findings.append(SearchFinding(suspect: suspect, proof: .leak(result)))
            }
        case .refuted(let time):
            refuted.insert(suspect.script)
            counts.refuted += 1
            if time != nil, suspect.predecessors.isEmpty { keptForAWhile.append(suspect.script) }
            if let time { patience = min(Self.mostPatience, max(patience, time * 1.5 + .seconds(1))) }
            if time == nil, let resource = suspect.symptom.resource { rule.learnRefutation(of: resource) }
        case .undecided(let result):
            refuted.insert(suspect.script)
            findings.append(SearchFinding(suspect: suspect, proof: .undecided(result)))
        }
    }

    /// No trial rests for longer: scripts that do what keeps something for a while are not made any more.
    private static let mostPatience = Duration.seconds(10)
}

extension Suspect {
    /// Whether it is the same finding as `other`: the same symptom by the same steps.
    func isSame(as other: Suspect) -> Bool {
        symptom == other.symptom && script.steps == other.script.steps && predecessors == other.predecessors
    }
}

extension CheckResult {
    /// The words of what causes the leaks, without the amounts, by which equal ones are known; none where no cause was found.
    package var causeWords: [String] {
        rows.flatMap { $0.explanation?.causes ?? [] }.filter { !$0.holders.isEmpty || !$0.site.isEmpty }.map {
            "\($0.what) \($0.holders) \($0.site)"
        }.sorted()
    }
}
