import FoundationEssentials
public import LeakCheck
import LeakStatistics
import Targets

/// A watch's result as one JSON object, schema `watertight.watch/1`.
public struct WatchJSON {
    /// The name and version of the schema.
    public static let schema = "watertight.watch/1"

    /// The object, pretty-printed with sorted keys, ended by a newline.
    public static func render(_ result: WatchResult) throws -> String {
        try JSONText.render(Document(result)) + "\n"
    }

    private struct Document: Encodable {
        var schema = WatchJSON.schema
        var verdict: Verdict
        var startedAt: String
        var durationSeconds: Double
        var intervalSeconds: Double
        var samples: Int
        var target: String
        var runtime: String
        var descriptorLimit: Int?
        var targetLost: String?
        var unfinished: Bool
        var probes: [ProbeSource]?
        var notes: [String]
        var findings: [WatchResult.Finding]

        init(_ result: WatchResult) {
            verdict = result.verdict
            startedAt = result.startedAt
            durationSeconds = result.durationSeconds
            intervalSeconds = result.intervalSeconds
            samples = result.samples
            target = result.target
            runtime = result.runtime
            descriptorLimit = result.descriptorLimit
            targetLost = result.targetLost?.words
            unfinished = result.isUnfinished
            probes = result.probes.isEmpty ? nil : result.probes
            notes = result.notes.map(\.words)
            findings = result.findings
        }
    }
}
