import FoundationEssentials
public import LeakCheck
import LeakStatistics

/// Reads what a check found from its JSON report.
public enum ReportedFindings {
    /// Why a file is no report.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong, and what to do.
        public var description: String
    }

    /// Whether `bytes` begin as a JSON report does, and not as a record, whose first line is an object of its own.
    public static func isReport(_ bytes: [UInt8]) -> Bool {
        (try? JSONDecoder().decode(Schema.self, from: Data(bytes))) != nil
    }

    /// The findings, in the order of the report, and the target's name.
    public static func read(
        _ bytes: [UInt8]
    ) throws(Failure) -> (target: String, findings: [CheckComparison.Finding]) {
        do {
            let schema = try JSONDecoder().decode(Schema.self, from: Data(bytes)).schema
            guard schema == JSONReport.schema else {
                throw Failure(
                    description:
                        "the report has schema \(schema), and this version reads \(JSONReport.schema): use the "
                        + "version that wrote it")
            }
            let report = try JSONDecoder().decode(Report.self, from: Data(bytes))
            return (report.target, report.results.flatMap(\.findings))
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(
                description:
                    "this is no report of a check: \(FileRemedy.giveReport)")
        }
    }

    private struct Schema: Decodable {
        var schema: String
    }

    private struct Report: Decodable {
        var target: String
        var results: [Row]
    }

    private struct Row: Decodable {
        var lifecycle: String
        var compressed: Bool
        var resources: [Resource]

        struct Resource: Decodable {
            var resource: LeakStatistics.Resource
            var verdict: Verdict
            var perConnection: Double?
            var interval: [Double]?
            var smallestDetectable: Double?
            var knownLeak: KnownLeak?
        }

        var findings: [CheckComparison.Finding] {
            resources.map { resource in
                var interval: ClosedRange<Double>?
                if let ends = resource.interval, ends.count == 2, ends[0] <= ends[1] { interval = ends[0]...ends[1] }
                return CheckComparison.Finding(
                    lifecycle: compressed ? "\(lifecycle)+deflate" : lifecycle, resource: resource.resource,
                    verdict: resource.verdict, perConnection: resource.perConnection, interval: interval,
                    smallestDetectable: resource.smallestDetectable, isKnown: resource.knownLeak != nil)
            }
        }
    }
}
