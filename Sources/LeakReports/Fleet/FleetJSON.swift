package import Fleet
import LeakStatistics

/// What a fleet came to as one JSON object, schema `watertight.fleet/1`.
package struct FleetJSON {
    /// The name and version of the schema.
    package static let schema = "watertight.fleet/1"

    /// The object, pretty-printed with sorted keys, ended by a newline.
    package static func render(_ result: FleetResult) throws -> String {
        try JSONText.render(Document(result)) + "\n"
    }

    private struct Document: Encodable {
        var schema = FleetJSON.schema
        var version = ToolVersion.current
        var verdict: Verdict
        var selector: String
        var from: String
        var to: String
        var stepSeconds: Double
        var connections: String
        var open: String?
        var by: String?
        var baseline: String?
        var notes: [String]
        var interrupted: Interruption?
        var prometheusLost: Interruption?
        var durationSeconds: Double
        var reproducer: String?
        var results: [Row]
        var pods: [Pod]

        init(_ result: FleetResult) {
            verdict = result.verdict
            selector = result.selector
            from = FleetTime.text(result.time.lowerBound)
            to = FleetTime.text(result.time.upperBound)
            stepSeconds = result.step
            connections = result.connections
            open = result.open
            by = result.groupLabel
            baseline = result.baseline?.text
            notes = result.notes.map(\.words)
            switch result.interruption?.cause {
            case .cancelled: interrupted = Interruption(result)
            case .lost: prometheusLost = Interruption(result)
            case nil: break
            }
            durationSeconds = result.durationSeconds
            reproducer = result.reproducer
            results = result.findings.map(Row.init)
            pods = result.pods.map(Pod.init)
        }
    }

    private struct Row: Encodable {
        var group: String?
        var isBaseline: Bool
        var resource: Resource
        var metric: String
        var query: String?
        var unit: String
        var pods: Int
        var growingPods: Int
        var lives: Int
        var connections: Double
        var verdict: Verdict?
        var perConnection: Double?
        var interval: [Double]?
        var smallestDetectable: Double?
        var remark: String?
        var statement: String
        var exhaustion: Exhaustion?

        init(_ finding: FleetResult.Finding) {
            group = finding.group
            isBaseline = finding.isBaseline
            resource = finding.resource
            metric = finding.metric
            query = finding.query.isEmpty ? nil : finding.query
            unit = finding.resource.unit
            pods = finding.pods
            growingPods = finding.growingPods
            lives = finding.lives
            connections = finding.connections
            verdict = finding.verdict
            perConnection = finding.perConnection
            interval = finding.interval.map { [$0.lowerBound, $0.upperBound] }
            smallestDetectable = finding.smallestDetectable
            remark = finding.reason?.words
            let text = FleetText(finding)
            statement = text.sentence ?? "\(text.subject): \(text.cell)"
            exhaustion = finding.exhaustion.map {
                Exhaustion(pod: $0.pod, limit: $0.limit, at: FleetTime.text($0.time))
            }
        }
    }

    private struct Interruption: Encodable {
        var problem: String?
        var readUntil: String
        var missingSeconds: Double
        var unread: [String]

        init?(_ result: FleetResult) {
            guard let interruption = result.interruption else { return nil }
            if case .lost(let failure) = interruption.cause { problem = failure.words }
            readUntil = FleetTime.text(interruption.readUntil)
            missingSeconds = result.time.upperBound - interruption.readUntil
            unread = interruption.unread
        }
    }

    private struct Pod: Encodable {
        struct Life: Encodable {
            var from: String
            var to: String
            var connections: Double
        }

        var name: String
        var group: String?
        var isBaseline: Bool
        var lives: [Life]

        init(_ pod: FleetPod) {
            name = pod.name
            group = pod.group
            isBaseline = pod.isBaseline
            lives = pod.lives.map { life in
                Life(
                    from: FleetTime.text(life.time.lowerBound), to: FleetTime.text(life.time.upperBound),
                    connections: life.connections)
            }
        }
    }

    private struct Exhaustion: Encodable {
        var pod: String
        var limit: Double
        var at: String
    }
}
