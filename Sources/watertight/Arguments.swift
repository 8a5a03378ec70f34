public import ArgumentParser
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
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("", 1)]
        for (suffix, seconds) in units where argument.hasSuffix(suffix) {
            guard let number = Double(argument.dropLast(suffix.count)), number >= 0, number * seconds <= 1e9 else {
                return nil
            }
            duration = .seconds(number * seconds)
            return
        }
        return nil
    }

    var defaultValueDescription: String {
        let (seconds, attoseconds) = duration.components
        return attoseconds == 0 ? "\(seconds)s" : "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms"
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
