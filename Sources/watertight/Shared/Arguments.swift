public import ArgumentParser
import Environments
public import LeakCheck
public import Logging
import WebSocketProtocol

/// A duration on the command line: `250ms`, `10s`, `2m`, or a plain number of seconds.
struct DurationArgument: ExpressibleByArgument, Hashable {
    var duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    init?(argument: String) {
        guard let duration = DurationText.parse(argument) else { return nil }
        self.duration = duration
    }

    var defaultValueDescription: String {
        let days = Int(duration / .seconds(86_400))
        return days > 0 && duration == .seconds(86_400 * days) ? "\(days)d" : DurationText.format(duration)
    }
}

/// A header field on the command line: `Name: value`.
struct FieldArgument: ExpressibleByArgument {
    var name: String
    var value: String

    init?(argument: String) {
        guard let colon = argument.firstIndex(of: ":"), colon != argument.startIndex else { return nil }
        name = String(argument[..<colon])
        value = String(argument[argument.index(after: colon)...].drop { $0 == " " })
    }
}

extension Sequence where Element == FieldArgument {
    var fields: HTTPFields {
        var fields = HTTPFields()
        for field in self { fields.append(name: field.name, value: field.value) }
        return fields
    }
}

extension CheckPlan.Compression: ExpressibleByArgument {}
extension CheckPlan.Profile: ExpressibleByArgument {}
extension CheckPlan.Explain: ExpressibleByArgument {}

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// What every command that logs accepts.
struct LogOptions: ParsableArguments {
    @Option(help: "Least severe log level on stderr: trace, debug, info, notice, warning, error or critical.")
    var logLevel: Logger.Level = .notice

    func logger(_ label: String) -> Logger {
        var logger = Logger(label: label) { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = logLevel
        return logger
    }
}
