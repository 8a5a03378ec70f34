import ArgumentParser
import Fleet
import LeakReports

extension StoreFailure {
    /// What went wrong and what to do, in one line.
    var advised: String {
        switch self {
        case .unreachable: "\(words); is the URL right, and does it run?"
        case .refused(404, _):
            "there is no Prometheus at this URL: it answers 404; give what stands before /api/v1"
        case .unauthorised:
            "\(words): put a token that it takes in the environment variable \(PrometheusOptions.tokenVariable)"
        case .clocksApart: "\(words): set them, or the end of the time is not that of the series"
        case .refused, .malformed: words
        }
    }

    /// The exit code for it.
    var code: ExitCode {
        if case .refused(400, _) = self { Code.usage } else { Code.unreachable }
    }
}
