import Causes
import FoundationEssentials
public import LeakCheck
import LeakStatistics
import Lifecycles
import Targets

/// A check's result as one JSON object, schema `watertight.check/1`.
public struct JSONReport {
    /// The name and version of the schema.
    public static let schema = "watertight.check/1"

    /// The object, pretty-printed with sorted keys, without a newline at the end.
    public static func render(_ result: CheckResult) throws -> String {
        try JSONText.render(Document(result))
    }

    private struct Document: Encodable {
        var schema = JSONReport.schema
        var version = ToolVersion.current
        var verdict: Verdict
        var verdictBesideKnown: Verdict
        var diagnoses: [DiagnosisObject]
        var seed: UInt64
        var startedAt: String
        var durationSeconds: Double
        var timeSpent: TimeSpent?
        var budgetSeconds: Double
        var concurrency: Int
        var target: String
        var runtime: String
        var descriptorLimit: Int?
        var isolation: CheckResult.Isolation
        var probes: [ProbeSource]
        var interrupted: Bool
        var targetLost: String?
        var environment: String?
        var notes: [String]
        var stay: CheckResult.Stay?
        var results: [Row]
        var samples: [CheckResult.Sample]

        init(_ result: CheckResult) {
            verdict = result.verdict
            verdictBesideKnown = result.verdictBesideKnown
            diagnoses = result.diagnosisTexts.map(DiagnosisObject.init)
            seed = result.seed
            startedAt = result.startedAt
            durationSeconds = result.durationSeconds
            timeSpent = result.timeSpent
            budgetSeconds = result.budgetSeconds
            concurrency = result.concurrency
            target = result.target
            runtime = result.runtime
            descriptorLimit = result.descriptorLimit
            isolation = result.isolation
            probes = result.probes
            interrupted = result.interruption == .interrupted
            if case .targetLost(let problem) = result.interruption { targetLost = problem.words }
            environment = result.environment
            notes = result.allNotes
            stay = result.stay
            results = result.rows.map { Row(result, $0) }
            samples = result.samples
        }
    }

    private struct DiagnosisObject: Encodable {
        var kind: Diagnosis.Kind
        var sentence: String
        var lifecycles: [String]
        var spared: [String]
        var leaks: [Leak]

        init(_ diagnosis: Diagnosis, _ sentence: String) {
            kind = diagnosis.kind
            self.sentence = sentence
            lifecycles = diagnosis.lifecycles
            spared = diagnosis.spared
            leaks = diagnosis.leaks.map(Leak.init)
        }
    }

    private struct Leak: Encodable {
        var resource: Resource
        var unit: String
        var perConnection: Double
        var least: Double
        var most: Double
        var lifecycles: [String]

        init(_ leak: SharedLeak) {
            resource = leak.resource
            unit = leak.resource.unit
            perConnection = leak.perConnection
            least = leak.least
            most = leak.most
            lifecycles = leak.lifecycles
        }
    }

    private struct Row: Encodable {
        var lifecycle: String
        var compressed: Bool
        var script: String?
        var connections: Connections
        var resources: [Finding]
        var reproducer: String?
        var stall: CheckResult.Stall?
        var timers: CheckResult.TimersLeft?
        var explanation: Explanation?

        init(_ result: CheckResult, _ row: CheckResult.Row) {
            lifecycle = row.lifecycle.name
            compressed = row.lifecycle.isCompressed
            script = row.lifecycle.source
            connections = Connections(
                attempted: row.connections.attempted, completed: row.connections.completed,
                refused: row.connections.refused, broken: row.connections.broken, stalled: row.connections.stalled,
                firstProblem: row.connections.firstProblem?.words, endedOtherwise: row.connections.endedOtherwise,
                firstDeviation: row.connections.firstDeviation.map { "\($0)" }, violations: row.connections.violations,
                firstViolation: row.connections.firstViolation.map { "\($0)" })
            resources = row.resources.map { Finding($0, FindingText(result, row, $0)) }
            reproducer = row.reproducer
            stall = row.stall
            timers = row.timers
            explanation = row.explanation
        }
    }

    private struct Connections: Encodable {
        var attempted: Int
        var completed: Int
        var refused: Int
        var broken: Int
        var stalled: Int
        var firstProblem: String?
        var endedOtherwise: Int
        var firstDeviation: String?
        var violations: Int
        var firstViolation: String?
    }

    private struct Finding: Encodable {
        var resource: Resource
        var unit: String
        var verdict: Verdict
        var perConnection: Double?
        var interval: [Double]?
        var smallestDetectable: Double?
        var reason: Reason?
        var remark: String?
        var statement: String
        var knownLeak: KnownLeak?
        var detail: Detail

        init(_ finding: CheckResult.Finding, _ text: FindingText) {
            resource = finding.resource
            unit = finding.resource.unit
            verdict = finding.verdict
            perConnection = finding.perConnection
            interval = finding.interval.map { [$0.lowerBound, $0.upperBound] }
            smallestDetectable = finding.smallestDetectable
            reason = finding.reason
            remark = finding.remark
            statement = text.statement
            knownLeak = finding.knownLeak
            detail = Detail(tcpStates: finding.tcpStates, releasedWithinSeconds: finding.releasedWithinSeconds)
        }
    }

    private struct Detail: Encodable {
        var tcpStates: [String: Int]
        var releasedWithinSeconds: Double?
    }
}
