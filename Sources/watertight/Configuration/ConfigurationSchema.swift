import Environments
import LeakReports

/// The JSON schema of the configuration file, for editors.
enum ConfigurationSchema {
    /// The schema, made from the options of `check`, so that it cannot be out of date.
    static func render() throws -> String {
        try JSONText.render(document)
    }

    private static var document: Value {
        .object([
            "$schema": "http://json-schema.org/draft-07/schema#", "title": "watertight.yml", "type": "object",
            "additionalProperties": false,
            "properties": .object([
                "environment": described(
                    "Environment whose limits apply; detected unless given.",
                    ["enum": .array(LeakEnvironment.allCases.map { .text($0.rawValue) })]),
                "settings": closed(
                    Dictionary(
                        uniqueKeysWithValues: EnvironmentSetting.allCases.map {
                            ($0.rawValue, described($0.summary, ["type": ["string", "number"]]))
                        })),
                "targets": .object([
                    "type": "object", "description": "What can be checked: watertight check NAME.",
                    "additionalProperties": closed(target),
                ]),
            ]),
        ])
    }

    private static var target: [String: Value] {
        let strings: Value = .object(["type": "array", "items": .object(["type": "string"]), "minItems": 1])
        var properties: [String: Value] = [
            "url": described("ws://HOST:PORT/PATH, or wss:// for TLS.", ["type": ["string", "integer"]]),
            "command": described(
                "Command to start and check: a line, or a list of words.",
                ["anyOf": [.object(["type": "string"]), strings]]),
        ]
        for option in CommandOptions(of: CheckCommand.self).all where ConfiguredArguments.isConfigurable(option) {
            properties[option.name] = described(option.summary, type(of: option))
        }
        return properties
    }

    private static func type(of option: CommandOptions.Option) -> [String: Value] {
        if option.isFlag { return ["type": "boolean"] }
        let one: Value =
            option.choices.isEmpty
            ? .object(["type": ["string", "number"]]) : .object(["enum": .array(option.choices.map { .text($0) })])
        guard option.isRepeating else {
            guard case .object(let fields) = one else { return [:] }
            return fields
        }
        return ["anyOf": [one, .object(["type": "array", "items": one])]]
    }

    private static func described(_ text: String, _ fields: [String: Value]) -> Value {
        .object(fields.merging(["description": .text(text)]) { $1 })
    }

    private static func closed(_ properties: [String: Value]) -> Value {
        .object(["type": "object", "additionalProperties": false, "properties": .object(properties)])
    }

    /// As much of JSON as a schema needs.
    private enum Value: Encodable, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
        ExpressibleByIntegerLiteral
    {
        case text(String)
        case flag(Bool)
        case count(Int)
        case array([Value])
        case object([String: Value])

        init(stringLiteral value: String) { self = .text(value) }
        init(booleanLiteral value: Bool) { self = .flag(value) }
        init(integerLiteral value: Int) { self = .count(value) }
        init(arrayLiteral elements: Value...) { self = .array(elements) }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let value): try container.encode(value)
            case .flag(let value): try container.encode(value)
            case .count(let value): try container.encode(value)
            case .array(let values): try container.encode(values)
            case .object(let fields): try container.encode(fields)
            }
        }
    }
}
