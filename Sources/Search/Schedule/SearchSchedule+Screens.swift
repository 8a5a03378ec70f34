package import LeakStatistics
import Lifecycles
import SystemCalls

/// How new scripts are screened, and which of them are tried in groups.
extension SearchSchedule {
    /// Scripts that are tried together.
    struct Group: Sendable {
        var scripts: [SearchScript]
        /// Whether it showed something before that neither half of it did.
        var isSecondChance = false
    }

    /// Readings of a process that the next is compared with.
    private static let comparedReadings = 2
    /// From when on a script's connections are made at once.
    fileprivate static let leisurelyFrom = Duration.milliseconds(4)
    /// From when on a script mostly waits.
    package static let slowFrom = Duration.milliseconds(60)

    /// Scripts whose holds take so long in all are screened with others of that kind: a screen lasts as long as the longest.
    private static let longHold = Duration.milliseconds(50)
    /// From what share of the budget on none may wait.
    private static let endingFrom = 0.8

    /// The scripts of the next screen: new ones, or those with long holds once they are enough for one, or time is short.
    private mutating func screenScripts(at now: MonotonicTime) -> [SearchScript] {
        let isEnding = now > settings.start + settings.budget * Self.endingFrom
        if long.count >= (isEnding ? 1 : screenSize) { return takeLong() }
        let scripts = newScripts(screenSize)
        long += scripts.filter { $0.heldFor >= Self.longHold }
        let quick = scripts.filter { $0.heldFor < Self.longHold }
        return quick.isEmpty ? takeLong() : quick
    }

    private mutating func takeLong() -> [SearchScript] {
        defer { long.removeFirst(min(screenSize, long.count)) }
        return Array(long.prefix(screenSize))
    }

    /// What new scripts are driven in.
    mutating func newScreen(at now: MonotonicTime) -> Screen {
        if groupsOfProcess >= settings.groupsOfProcess { startProcess() }
        return Screen(
            screenScripts(at: now), groupSize: settings.groupSize, connections: settings.connections,
            isFresh: groupsOfProcess == 0)
    }

    /// The next trial needs a process that has taken nothing.
    mutating func startProcess() { (groupsOfProcess, history, readings) = (0, [], []) }

    /// The process that went on is given up: what it has taken says nothing of the next.
    package mutating func didLoseProcess() { startProcess() }

    /// Whether a process will soon be needed: where one is started ahead, nobody waits for it.
    package var needsProcessSoon: Bool { suspicion != nil || groupsOfProcess + 1 >= settings.groupsOfProcess }

    /// Whether another round of a screen is worth its time, after these levels.
    package func asksForMore(_ screen: Screen, _ levels: [[Resource: Double]]) -> Bool {
        rule.asksForMore(screen, levels, after: screen.isFresh ? [] : readings)
    }

    /// Whether what a screen left behind is worth waiting whether it is given back.
    package func asksForRest(_ screen: Screen, _ result: ScreenResult) -> Bool {
        rule.isWorthTrials(screen, result, after: screen.isFresh ? [] : readings)
    }

    /// Whether a trial is to go on after these levels: what is looked for is growth, and it may still show it.
    package func asksForMore(_ trial: Trial, _ levels: [[Resource: Double]]) -> Bool {
        guard levels.count <= Trial.rounds else { return false }
        guard suspicion.map({ $0.resource != nil }) ?? true else { return true }
        return rule.canStillGrow(trial, levels)
    }

    /// What new scripts did.
    package mutating func didScreen(_ screen: Screen, _ result: ScreenResult) {
        counts.scripts += screen.scripts.count
        counts.screens += 1
        counts.connections += result.connections
        groupsOfProcess += 1
        for (script, answer) in zip(screen.scripts, result.answers) {
            if let answer, seenSignatures.insert(answer.signature).inserted { kept.append(script) }
        }
        for (index, violation) in result.violations { suspectViolation(screen.scripts[index], violation) }
        if let failure = result.failure, failure.symptom != .spinning {
            return suspect(failure.symptom, 1, Group(scripts: screen.scripts))
        }
        let isWorthTrials = rule.isWorthTrials(screen, result, after: screen.isFresh ? [] : readings)
        note(screen.isFresh ? result.levels.last : result.levels.first)
        history += screen.scripts
        if isWorthTrials {
            counts.followedScreens += 1
            screenSize = max(settings.groupSize, screenSize / 2)
            groups += Self.groups(screen, result.answers)
        } else if let failure = result.failure {
            suspect(failure.symptom, 1, Group(scripts: screen.scripts))
        } else {
            screenSize = min(settings.screenSize, screenSize * 2)
        }
    }

    /// Remembers what the process that goes on held, for the screens that follow.
    ///
    /// Of a screen that is the level after its first round, with which theirs is compared; where rounds warm the process up,
    /// that after the last.
    mutating func note(_ level: [Resource: Double]?) {
        guard let level else { return }
        readings = Array((readings + [level]).suffix(Self.comparedReadings))
    }

    /// The scripts of a screen in groups: those that take long apart from the others, all their connections at once.
    private static func groups(_ screen: Screen, _ answers: [AnswerReader.Answer?]) -> [Group] {
        var (quick, slow): ([SearchScript], [SearchScript]) = ([], [])
        for (script, answer) in zip(screen.scripts, answers) {
            let lasted = answer?.lasted ?? .zero
            let crowded = SearchScript.crowded(script, screen.connections, lasted: lasted)
            if lasted >= slowFrom { slow.append(crowded) } else { quick.append(crowded) }
        }
        return [quick, slow].flatMap { scripts in
            stride(from: 0, to: scripts.count, by: screen.groupSize).map {
                Group(scripts: Array(scripts[$0..<min(scripts.count, $0 + screen.groupSize)]))
            }
        }
    }

    /// Scripts of a screen that are to be tried, without what has become known since; nil where there are none.
    mutating func nextGroup() -> Group? {
        while !groups.isEmpty {
            var group = groups.removeFirst()
            group.scripts.removeAll(where: isKnown)
            if !group.scripts.isEmpty { return group }
        }
        return nil
    }

    /// What was followed came to nothing: a group that did show it is tried once more as a whole, as on a busy machine one
    /// trial may miss what another sees. Only what was given up twice is taken for noise.
    mutating func giveUp(_ investigation: Investigation) {
        guard !investigation.isSecondChance, investigation.group.count > 1 else { return drop(investigation.symptom) }
        counts.secondChances += 1
        groups.append(Group(scripts: investigation.group, isSecondChance: true))
        stage = .searching
    }
}

extension SearchScript {
    /// How long one connection is held open by steps that say how long.
    var heldFor: Duration {
        steps.reduce(.zero) { sum, step in if case .holdFor(let time) = step { sum + time } else { sum } }
    }

    /// The script with all of its `connections` at once, if one of them takes so long that it matters.
    package static func crowded(_ script: SearchScript, _ connections: Int, lasted: Duration) -> SearchScript {
        guard lasted >= SearchSchedule.leisurelyFrom else { return script }
        return SearchScript(script.steps, concurrency: max(script.concurrency, connections))
    }
}
