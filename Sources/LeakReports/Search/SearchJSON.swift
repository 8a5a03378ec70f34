import FoundationEssentials
import LeakCheck
import LeakStatistics
import Lifecycles
package import Search

/// A search's result as one JSON object, schema `watertight.search/1`, and its events as lines of a record.
package struct SearchJSON {
    /// The names and versions of the schemas.
    package static let schema = "watertight.search/1"
    package static let recordSchema = "watertight.search-record/1"

    /// The object, with a newline at the end; findings are numbered from `first` on.
    package static func render(_ result: SearchResult, reproducers: [String?], from first: Int = 1) throws -> String {
        try JSONText.render(Document(result, reproducers, from: first)) + "\n"
    }

    /// The line of one event, ended by a newline; findings are numbered from `first` on.
    package static func line(_ event: SearchEvent, from first: Int = 1) throws -> String {
        try JSONText.render(Line(event, from: first), pretty: false) + "\n"
    }

    private struct Document: Encodable {
        var schema = SearchJSON.schema
        var seed: UInt64
        var target: String
        var runtime: String
        var resources: [String]
        var budgetSeconds: Double
        var durationSeconds: Double
        var scripts: Int
        var scriptsPerSecond: Double
        var connections: Int
        var screens: Int
        var followedScreens: Int
        var groups: Int
        var trials: Int
        var signatures: Int
        var suspectedGroups: Int
        var refuted: Int
        var secondChances: Int
        var keptSeconds: Double
        var timeSpent: [String: Double]
        var findings: [Finding]
        var unfollowed: String?
        var interrupted: Bool
        var targetLost: String?
        var notes: [String]

        init(_ result: SearchResult, _ reproducers: [String?], from first: Int) {
            seed = result.seed
            target = result.target
            runtime = result.runtime
            resources = result.resources
            budgetSeconds = result.budgetSeconds
            durationSeconds = result.durationSeconds
            scripts = result.counts.scripts
            scriptsPerSecond = result.scriptsPerSecond
            connections = result.counts.connections
            screens = result.counts.screens
            followedScreens = result.counts.followedScreens
            groups = result.counts.groups
            trials = result.counts.trials
            signatures = result.signatures
            suspectedGroups = result.counts.suspects
            refuted = result.counts.refuted
            secondChances = result.counts.secondChances
            keptSeconds = result.keptSeconds
            timeSpent = Self.seconds(result.time)
            findings = result.findings.enumerated().map { Finding($1, number: $0 + first, reproducers[$0]) }
            unfollowed = result.unfollowed.map { "\($0)" }
            interrupted = result.interruption == .interrupted
            if case .targetLost(let problem) = result.interruption { targetLost = problem.words }
            notes = result.notes.map(\.words)
        }

        /// The parts under the names that a check's report gives such parts.
        private static func seconds(_ time: SearchTime) -> [String: Double] {
            var seconds = Dictionary(
                uniqueKeysWithValues: SearchTime.Part.allCases.map { ("\($0.rawValue)Seconds", time.seconds($0)) })
            seconds["processorSeconds"] = time.processorSeconds
            seconds["targetProcessorSeconds"] = time.targetProcessorSeconds
            return seconds
        }
    }

    private struct Finding: Encodable {
        var name: String
        var kind: String
        var words: String
        var script: String
        var concurrency: Int
        var predecessors: [String]
        var repetitions: Int
        var leaks: [Leak]
        var details: [String]
        var reproducer: String?

        init(_ finding: SearchFinding, number: Int, _ reproducer: String?) {
            let words = SearchWords(finding, number: number)
            name = words.fileName
            kind = words.kind
            self.words = words.headline
            script = finding.suspect.script.text
            concurrency = finding.suspect.script.concurrency
            predecessors = finding.suspect.predecessors.map(\.text)
            repetitions = finding.repetitions
            details = words.details
            leaks = []
            if case .leak(let result) = finding.proof {
                leaks = result.rows.flatMap(\.resources).filter { $0.verdict == .leak }
                    .map {
                        Leak(resource: $0.resource.rawValue, unit: $0.resource.unit, perConnection: $0.perConnection)
                    }
            }
            self.reproducer = reproducer
        }
    }

    private struct Leak: Encodable {
        var resource: String
        var unit: String
        var perConnection: Double?
    }

    /// What of an event stands in a record.
    private struct Line: Encodable {
        var schema: String?
        var kind: String
        var seed: UInt64?
        var target: String?
        var runtime: String?
        var script: String?
        var concurrency: Int?
        var scripts: Int?
        var symptom: String?
        var amount: Double?
        var finding: Finding?
        var result: Document?

        init(_ event: SearchEvent, from first: Int) {
            switch event {
            case .began(let target, let runtime, let seed):
                schema = SearchJSON.recordSchema
                kind = "began"
                (self.target, self.runtime, self.seed) = (target, runtime, seed)
            case .kept(let script):
                kind = "kept"
                (self.script, concurrency) = (script.text, script.concurrency)
            case .tried(let scripts, let symptom, let amount):
                kind = "tried"
                (self.scripts, self.symptom) = (scripts, symptom.map { "\($0)" })
                self.amount = symptom == nil ? nil : amount
            case .found(let finding, let number):
                kind = "found"
                self.finding = Finding(finding, number: number + first - 1, nil)
            case .ended(let result):
                kind = "ended"
                self.result = Document(result, result.findings.map { _ in nil }, from: first)
            }
        }
    }
}
