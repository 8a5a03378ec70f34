import Fleet
import FoundationEssentials

/// What the API of Prometheus answers, as values (https://prometheus.io/docs/prometheus/latest/querying/api/).
enum PrometheusAnswer {
    /// The envelope of every answer.
    private struct Envelope<Content: Decodable>: Decodable {
        var status: String
        var error: String?
        var warnings: [String]?
        var data: Content?
    }

    private struct Matrix: Decodable {
        var result: [Series]

        struct Series: Decodable {
            var metric: [String: String]
            var values: [Sample]
        }
    }

    /// A pair of a time and a value, which is text because JSON has no NaN.
    private struct Sample: Decodable {
        var time: Double
        var value: Double

        init(from decoder: any Decoder) throws {
            var pair = try decoder.unkeyedContainer()
            time = try pair.decode(Double.self)
            let text = try pair.decode(String.self)
            switch text {
            case "+Inf": value = .infinity
            case "-Inf": value = -.infinity
            default:
                guard let number = Double(text) else {
                    throw DecodingError.dataCorruptedError(in: pair, debugDescription: "no number")
                }
                value = number
            }
        }
    }

    /// The series of a range query; throws `StoreFailure.malformed`.
    static func series(_ body: [UInt8]) throws(StoreFailure) -> MetricAnswer {
        let (matrix, warnings) = try content(Matrix.self, body)
        return MetricAnswer(
            matrix.result.map { series in
                MetricSeries(
                    labels: series.metric,
                    points: series.values.compactMap {
                        $0.value.isFinite ? MetricSeries.Point(time: $0.time, value: $0.value) : nil
                    })
            }, warnings: warnings)
    }

    /// The values of a label; throws `StoreFailure.malformed`.
    static func names(_ body: [UInt8]) throws(StoreFailure) -> Set<String> {
        Set(try content([String].self, body).0)
    }

    /// What a refusal says; the beginning of the body where it is no answer of Prometheus.
    static func problem(_ body: [UInt8]) -> String {
        if let envelope = try? JSONDecoder().decode(Envelope<[String]>.self, from: Data(body)),
            let error = envelope.error
        {
            return String(error.prefix(400))
        }
        let text = String(decoding: body.prefix(120), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "no reason given"
    }

    private static func content<Content: Decodable>(
        _ type: Content.Type, _ body: [UInt8]
    ) throws(StoreFailure) -> (Content, [String]) {
        let envelope: Envelope<Content>
        do {
            envelope = try JSONDecoder().decode(Envelope<Content>.self, from: Data(body))
        } catch {
            let isCut = !body.isEmpty && !body.contains { $0 == UInt8(ascii: "<") } && body.last != UInt8(ascii: "}")
            throw .malformed(
                problem: isCut ? "the answer breaks off after \(body.count) bytes" : "that is no answer of Prometheus")
        }
        guard envelope.status == "success", let data = envelope.data else {
            throw .malformed(problem: envelope.error ?? "an answer without a result")
        }
        return (data, envelope.warnings ?? [])
    }
}
