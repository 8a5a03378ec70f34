import Fleet
import Foundation
import SimulatedFleet
import Sockets
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol
import WebSockets

@testable import watertight

/// `watertight fleet` against a store that answers a week of pods and is then lost.
@Suite("watertight fleet and a Prometheus that is lost", .timeLimit(.minutes(10)))
struct LostPrometheusTests {
    /// A simulated week over HTTP, moved to the time that is asked for, in five parts.
    private final class Store: Sendable {
        /// What comes once it is lost.
        enum Loss: Sendable { case refusal, half }

        private let week: SimulatedWeek
        private let begin = Locked<Double?>(nil)
        private let loss: Loss
        private let lostFrom: Double

        /// Is lost from so many seconds after the beginning of the week on.
        init(_ week: SimulatedWeek, _ loss: Loss, from seconds: Double) {
            self.week = week
            self.loss = loss
            lostFrom = seconds
        }

        func answer(_ request: RequestHead) -> HTTPResponse {
            let items = Dictionary(request.queryItems.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
            let start = Double(items["start"] ?? "") ?? 0
            guard request.path.hasSuffix("/query_range") else {
                begin.withLock { $0 = start }
                return Self.json("[\(week.metrics.keys.map { "\"\($0)\"" }.joined(separator: ","))]")
            }
            let query = items["query"] ?? ""
            // So many series that a part is five hundred steps.
            if query.hasPrefix("count(") { return Self.matrix(["{\"metric\":{},\"values\":[[\(start),\"1000\"]]}"]) }
            let moved = (begin.withLock { $0 } ?? 0) - week.time.lowerBound
            let isLost = start - moved - week.time.lowerBound >= lostFrom
            guard !isLost || loss == .half else { return HTTPResponse(status: 503, text: "the store is starting\n") }
            let end = (Double(items["end"] ?? "") ?? 0) + 1
            let answer = week.series(of: query, in: (start - moved)..<(end - moved), step: SimulatedWeek.step)
            return Self.matrix(answer.series.map { Self.text($0, moved) }, isHalf: isLost)
        }

        private static func text(_ series: MetricSeries, _ moved: Double) -> String {
            let labels = series.labels.map { "\"\($0.key)\":\"\($0.value)\"" }.joined(separator: ",")
            let values = series.points.map { "[\($0.time + moved),\"\($0.value)\"]" }.joined(separator: ",")
            return "{\"metric\":{\(labels)},\"values\":[\(values)]}"
        }

        private static func matrix(_ series: [String], isHalf: Bool = false) -> HTTPResponse {
            json("{\"resultType\":\"matrix\",\"result\":[\(series.joined(separator: ","))]}", isHalf: isHalf)
        }

        private static func json(_ data: String, isHalf: Bool = false) -> HTTPResponse {
            let body = Array("{\"status\":\"success\",\"data\":\(data)}".utf8)
            return HTTPResponse(status: 200, body: isHalf ? Array(body.prefix(body.count / 2)) : body)
        }
    }

    /// How the tool ends on a week with this leak, whose store is lost in its fifth part, and all of its reports.
    private func reports(
        leaving descriptors: Double, _ loss: Store.Loss, from seconds: Double = 6 * 86_400
    ) async throws -> (end: Tool.Finished, files: [String: String]) {
        let store = Store(SimulatedWeek(seed: 2, leak: .init(descriptors: descriptors)), loss, from: seconds)
        var configuration = ServerConfiguration()
        configuration.httpResponse = { store.answer($0) }
        let server = try await WebSocketServer.start(configuration) { _ in SinkHandler() }
        let folder = FileManager.default.temporaryDirectory.appending(path: "lost-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let kinds = ["json", "junit", "html", "markdown", "openmetrics"]
        let options = kinds.flatMap { ["--\($0)", folder.appending(path: $0).path] }
        let end = try await Tool.run(
            ["fleet", "http://127.0.0.1:\(server.address.port)"] + options,
            environment: ["GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": folder.appending(path: "summary").path])
        await server.shutdownNow()
        return (
            end,
            (kinds + ["summary"]).reduce(into: [:]) {
                $0[$1] = try? String(contentsOf: folder.appending(path: $1), encoding: .utf8)
            }
        )
    }

    @Test(
        "lost in a later part, every report has the leak, the missing part and why; the code is that of a lost target")
    func leak() async throws {
        let (end, files) = try await reports(leaving: 0.02, .refusal)
        #expect(end.code == 69, "\(end)")
        #expect(end.output.contains("leak: descriptors; Prometheus was lost before the end"), "\(end.output)")
        let words = "Prometheus was lost: Prometheus cannot be asked: HTTP 503: the store is starting, after 3 attempts"
        for report in [end.output, files["html"], files["markdown"], files["summary"], files["junit"], files["json"]] {
            #expect(report?.contains("HTTP 503: the store is starting, after 3 attempts") == true)
            #expect(report?.contains("each connection leaves 0.020 descriptors") == true, "\(report ?? "")")
        }
        #expect(end.output.contains("note         \(words); it was read until 20"))
        #expect(end.output.contains("; missing are the "))
        #expect(end.output.contains("::warning title=the fleet was not read to its end::\(words)"))
        #expect(end.output.contains("::error title=leak%3A descriptors::"))
        #expect(files["json"]?.contains("\"prometheusLost\" : {") == true)
        #expect(files["json"]?.contains("\"missingSeconds\" : ") == true)
        #expect(files["junit"]?.contains("classname=\"the whole fleet\" name=\"course\"") == true)
        #expect(files["openmetrics"]?.contains("watertight_fleet_complete 0\n") == true)
    }

    @Test("nothing is called clean, and half an answer is told as one")
    func healthy() async throws {
        let (end, files) = try await reports(leaving: 0, .half)
        #expect(end.code == 69 && !end.output.contains("clean"), "\(end)")
        #expect(end.output.contains("what came is no whole answer of Prometheus: the answer breaks off after "))
        #expect(end.output.contains("nothing grew in what was read, and something is missing from 20"))
        #expect(files["json"]?.contains("\"verdict\" : \"clean\"") == false)
    }

    @Test("lost before anything was read, there is nothing to report")
    func nothing() async throws {
        let (end, files) = try await reports(leaving: 0.02, .refusal, from: 0)
        #expect(end.code == 69 && end.output.isEmpty, "\(end)")
        #expect(end.errors.contains("HTTP 503: the store is starting, after 3 attempts; is the URL right"))
        #expect(files["markdown"]?.isEmpty ?? true)
    }
}
