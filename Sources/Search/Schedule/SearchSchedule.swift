import LeakStatistics
import Lifecycles
package import SystemCalls

/// What a search does next: screen new scripts, try a group, halve it, shrink what is left, have it confirmed, or end.
///
/// A value that decides; the run obeys. It is asked with `next(at:)` and told with the `did…` methods what came of it. No clock,
/// no socket: a whole search takes milliseconds in a test.
package struct SearchSchedule: Sendable {
    /// What the run must do.
    package enum Step: Hashable, Sendable {
        /// Drive new scripts, and say what the target showed and what they left behind.
        case screen(Screen)
        /// Carry a trial out.
        case drive(Trial)
        /// Have a row of a check say whether it is a leak.
        case confirm(Suspect)
        /// The search is over.
        case done
    }

    /// Where it stands.
    enum Stage: Sendable {
        /// New scripts are to be made.
        case searching
        /// These were in a screen that left something behind, and are to be tried as a group.
        case grouped(Group)
        /// A half that was not followed at first is tried again, without what is known by now.
        case returning(Investigation)
        /// A group is halved.
        case halving(Investigation, Halving)
        /// Neither half of a group shows what the group did: whether it does so after all that came before it.
        case retrying(Investigation)
        /// One script is left, which needs some of what came before it.
        case ordering(Investigation, SearchScript, DeltaDebugging<SearchScript>)
        /// One script is left, and is shrunk.
        case shrinking(Investigation, Shrinker)
        /// What is no growth is tried once more, in a process of its own.
        case repeating(Suspect)
        /// A row of a check decides.
        case confirming(Suspect)
    }

    /// What is being followed.
    struct Investigation: Sendable {
        var symptom: Symptom
        /// How much a connection left behind at first.
        var amount: Double
        /// The group, and what its process had taken before.
        var group: [SearchScript]
        var history: [SearchScript]
        /// What is played before each trial.
        var predecessors: [SearchScript] = []
        /// How often the symptom was looked for with predecessors.
        var hasRetried = false
        /// Whether the group was given up before.
        var isSecondChance = false
    }

    package let settings: Settings
    /// When a trial shows something.
    package var rule = TrialRule()
    /// How long what was kept is known to be kept for a while: as long must a suspicion rest before it is followed.
    package internal(set) var patience = Duration.zero
    package internal(set) var counts = Counts()
    /// What was found, in the order of finding.
    package internal(set) var findings: [SearchFinding] = []
    /// The scripts that showed something new, in the order of finding.
    package internal(set) var kept: [SearchScript] = []
    /// How many signatures were seen.
    package var signatures: Int { seenSignatures.count }

    var stage = Stage.searching
    /// Scripts that were confirmed not to leak.
    var refuted: Set<SearchScript> = []
    /// Those of them after which the target keeps something for a while.
    var keptForAWhile: [SearchScript] = []
    /// Groups that showed something, and wait to be followed.
    var waiting: [Investigation] = []
    /// What the process that goes on has taken.
    var history: [SearchScript] = []
    var groupsOfProcess = 0
    /// The last levels of the process that goes on.
    var readings: [[Resource: Double]] = []

    /// Groups of scripts that wait to be tried.
    var groups: [Group] = []
    /// Scripts of the next screen: fewer where screens are followed in vain, as with a target whose levels never stand still.
    var screenSize: Int
    /// Scripts that were made and hold their connections so long that they wait for others of that kind.
    var long: [SearchScript] = []
    private var seeds: [SearchScript]
    private let grammar: Grammar
    private let mutation: Mutation
    private var generator: SeededGenerator
    var seenSignatures: Set<AnswerSignature> = []
    private var made: Set<SearchScript> = []
    /// Of new scripts so many of 100 are kept ones that are changed.
    private static let mutatedShare = 50
    /// More are not remembered.
    private static let mostMade = 1_000_000

    /// A search that begins with `seeds`, such as a corpus, and goes on with what `grammar` makes up.
    package init(_ settings: Settings, grammar: Grammar, seeds: [SearchScript], seed: UInt64) {
        self.settings = settings
        self.grammar = grammar
        mutation = Mutation(grammar)
        self.seeds = seeds
        screenSize = settings.groupSize
        generator = SeededGenerator(seed: seed)
    }

    /// When nothing new is begun.
    package var end: MonotonicTime { settings.start + settings.budget }

    /// What is being followed, in words; nil where nothing is.
    package var suspicion: Symptom? {
        switch stage {
        case .searching, .grouped: nil
        case .returning(let investigation), .halving(let investigation, _), .retrying(let investigation),
            .ordering(let investigation, _, _),
            .shrinking(let investigation, _):
            investigation.symptom
        case .repeating(let suspect), .confirming(let suspect): suspect.symptom
        }
    }

    // MARK: The next step

    /// What to do now.
    package mutating func next(at now: MonotonicTime) -> Step {
        while true {
            if findings.count(where: \.isDefect) >= settings.mostFindings || now >= end + settings.overrun {
                return .done
            }
            if let step = following(at: now) { return step }
        }
    }

    /// The next step of what goes on; nil where that came to an end, and something else is to be begun.
    private mutating func following(at now: MonotonicTime) -> Step? {
        switch stage {
        case .searching:
            if let next = waiting.popLast() {
                goBack(to: next)
                return nil
            }
            // What a screen has shown is followed also after the time for new ones.
            if let group = nextGroup() {
                stage = .grouped(group)
                return nil
            }
            return now >= end ? .done : .screen(newScreen(at: now))
        case .grouped(let group):
            let isFresh = groupsOfProcess == 0 || group.isSecondChance
            return .drive(Trial(group.scripts, connections: settings.connections, isFresh: isFresh))
        case .returning, .halving, .retrying, .ordering, .shrinking, .repeating: return investigating()
        case .confirming(let suspect): return .confirm(suspect)
        }
    }

    // MARK: New scripts

    /// Scripts that were not made before, and are not known to do what was found already.
    mutating func newScripts(_ wanted: Int) -> [SearchScript] {
        var scripts: [SearchScript] = []
        var attempts = wanted * 20
        while scripts.count < wanted, attempts > 0 {
            attempts -= 1
            let script = newScript()
            if made.count > Self.mostMade { made = [] }
            guard !isKnown(script), made.insert(script).inserted else { continue }
            scripts.append(script)
        }
        // Of a grammar that is used up, what was made before is better than nothing.
        return scripts.isEmpty ? [grammar.script(using: &generator)] : scripts
    }

    private mutating func newScript() -> SearchScript {
        if !seeds.isEmpty { return seeds.removeFirst() }
        guard !kept.isEmpty, generator.happens(Self.mutatedShare) else { return grammar.script(using: &generator) }
        return mutation.mutated(generator.pick(kept), with: generator.pick(kept), using: &generator)
    }

    /// Whether a script does what was found already, as far as can be told from its steps.
    func isKnown(_ script: SearchScript) -> Bool {
        keptForAWhile.contains(where: script.includes)
            || findings.contains { finding in
                finding.suspect.predecessors.isEmpty && !finding.isViolation && script.includes(finding.suspect.script)
            }
    }

    /// Follows a violation that was not followed before.
    mutating func suspectViolation(_ script: SearchScript, _ violation: ProtocolViolation) {
        let symptom = Symptom.violation(violation.rule)
        guard !findings.contains(where: { $0.suspect.symptom == symptom }),
            !waiting.contains(where: { $0.symptom == symptom })
        else { return }
        waiting.append(Investigation(symptom: symptom, amount: 1, group: [script], history: []))
    }

    /// A group showed `symptom`.
    mutating func suspect(_ symptom: Symptom, _ amount: Double, _ group: Group) {
        counts.suspects += 1
        var investigation = Investigation(
            symptom: symptom, amount: amount, group: group.scripts, history: history)
        investigation.isSecondChance = group.isSecondChance
        // What it has taken is no longer as it was.
        startProcess()
        begin(investigation)
    }

    /// Takes up what was left waiting.
    private mutating func goBack(to investigation: Investigation) {
        guard investigation.symptom.resource != nil else { return begin(investigation) }
        var left = investigation
        left.group.removeAll { isKnown($0) || refuted.contains($0) }
        stage = left.group.isEmpty ? .searching : .returning(left)
    }

    private mutating func begin(_ investigation: Investigation) {
        stage = .halving(investigation, Halving(investigation.group, amount: investigation.amount))
    }
}
