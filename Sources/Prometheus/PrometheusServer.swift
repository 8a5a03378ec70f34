package import Fleet
import Glibc

/// A Prometheus, or what speaks its API, reached over HTTP.
///
/// Blocks the calling thread. Every exchange is bounded in time and bytes, and repeated a few times where what went wrong
/// may pass.
package final class PrometheusServer: MetricSource {
    /// Where it is and what is told to it.
    package struct Configuration {
        /// The URL before `/api/v1`, without a slash at its end.
        package var url: String
        /// A bearer token (RFC 6750).
        package var token: String?
        /// A file with the authorities to trust in place of the system's.
        package var authorities: String?
        /// Whether any certificate is taken.
        package var takesAnyCertificate = false
        /// Attempts at each query.
        package var attempts = 3

        /// The server at `url`; nil for what is no URL of HTTP, or has a user, a query or a fragment in it.
        package init?(url: String) {
            let rest: Substring
            if url.hasPrefix("http://") {
                rest = url.dropFirst(7)
            } else if url.hasPrefix("https://") {
                rest = url.dropFirst(8)
            } else {
                return nil
            }
            let isPlain = url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
            guard isPlain, !rest.isEmpty, !rest.hasPrefix("/"), !rest.contains(where: { "@?#".contains($0) }) else {
                return nil
            }
            self.url = String(url.reversed().drop { $0 == "/" }.reversed())
        }
    }

    private let configuration: Configuration
    private let isCancelled: () -> Bool
    private let pause: (Int) -> Void
    private let now: () -> Double
    private var hasComparedClocks = false

    /// Clocks may differ by so many seconds: beyond that, the end of the time would be no end of the series.
    private static let clockTolerance = 300.0

    /// A server that is asked until it `isCancelled`; `pause` waits so many milliseconds before another attempt.
    package init(
        _ configuration: Configuration, isCancelled: @escaping () -> Bool = { false },
        pause: @escaping (Int) -> Void = { poll(nil, 0, Int32($0)) },
        now: @escaping () -> Double = { Double(time(nil)) }
    ) {
        self.configuration = configuration
        self.isCancelled = isCancelled
        self.pause = pause
        self.now = now
    }

    package func names(matching selector: String, in time: Range<Double>) throws -> Set<String> {
        let matchers = selector.isEmpty ? "{__name__!=\"\"}" : "{\(selector)}"
        return try PrometheusAnswer.names(
            body(
                "label/__name__/values",
                [("match[]", matchers), ("start", number(time.lowerBound)), ("end", number(time.upperBound))]))
    }

    package func series(of query: String, in time: Range<Double>, step: Double) throws -> MetricAnswer {
        // The API's end is a part of the range, ours is not.
        let last = time.lowerBound + ((time.upperBound - time.lowerBound) / step - 1).rounded(.up) * step
        return try PrometheusAnswer.series(
            body(
                "query_range",
                [
                    ("query", query), ("start", number(time.lowerBound)), ("end", number(max(time.lowerBound, last))),
                    ("step", number(step)),
                ]))
    }

    private func number(_ value: Double) -> String {
        let whole = Int64(exactly: value)
        return whole.map { "\($0)" } ?? "\(value)"
    }

    /// The body of a successful answer; throws `StoreFailure`, and `CancellationError` once cancelled.
    private func body(_ path: String, _ query: [(String, String)]) throws -> [UInt8] {
        let parameters = query.map { "\(HTTPExchange.escaped($0.0))=\(HTTPExchange.escaped($0.1))" }
        let url = "\(configuration.url)/api/v1/\(path)?\(parameters.joined(separator: "&"))"
        let access = HTTPExchange.Access(
            token: configuration.token, authorities: configuration.authorities,
            takesAnyCertificate: configuration.takesAnyCertificate)
        var problem = ""
        for attempt in 1...configuration.attempts {
            if isCancelled() { throw CancellationError() }
            do {
                let response = try HTTPExchange.get(url, access, isCancelled: isCancelled)
                if let body = try judged(response) { return body }
                problem = "HTTP \(response.status): \(PrometheusAnswer.problem(response.body))"
            } catch let failure as HTTPExchange.Failure {
                if isCancelled() { throw CancellationError() }
                problem = failure.problem
                guard failure.isPassing else { throw StoreFailure.unreachable(problem: problem, attempts: attempt) }
            }
            if attempt < configuration.attempts { pause(200 << (2 * (attempt - 1))) }
        }
        throw StoreFailure.unreachable(problem: problem, attempts: configuration.attempts)
    }

    /// The body of a successful answer, nil for one after which another attempt may go better; throws `StoreFailure`.
    private func judged(_ response: HTTPExchange.Response) throws -> [UInt8]? {
        switch response.status {
        case 200:
            if !hasComparedClocks, let date = response.date {
                hasComparedClocks = true
                let apart = date - now()
                guard abs(apart) <= Self.clockTolerance else { throw StoreFailure.clocksApart(seconds: apart) }
            }
            return response.body
        case 401, 403: throw StoreFailure.unauthorised(status: response.status)
        case 429, 502, 503, 504: return nil
        default:
            throw StoreFailure.refused(
                status: response.status, problem: PrometheusAnswer.problem(response.body))
        }
    }
}
