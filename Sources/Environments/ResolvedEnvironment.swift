import FoundationEssentials

/// An environment with its values, each with where it comes from.
public struct ResolvedEnvironment: Hashable, Sendable {
    /// The environment.
    public let environment: LeakEnvironment
    /// What it was concluded from, for people.
    public let reason: String
    /// The values.
    public let limits: EnvironmentLimits
    /// Where each value comes from.
    public let origins: [EnvironmentSetting: Origin]

    /// Environment variables that look like settings and are none, perhaps misspelt.
    public let unknownVariables: [String]

    /// Where a value comes from.
    public enum Origin: Hashable, Sendable, CustomStringConvertible {
        /// Given by the caller, as `--set` does.
        case argument
        /// An environment variable, by its name.
        case variable(String)
        /// A configuration file, by its path.
        case file(String)
        /// The environment's own value.
        case environment(LeakEnvironment)
        /// Follows from another value, in words.
        case derived(String)

        /// For people.
        public var description: String {
            switch self {
            case .argument: "argument"
            case .variable(let name): name
            case .file(let path): path
            case .environment(let environment): "default of \(environment.rawValue)"
            case .derived(let text): text
            }
        }
    }

    /// What overrides an environment's values.
    public struct Overrides: Hashable, Sendable {
        /// The environment itself; nil detects it.
        public var environment: LeakEnvironment?
        /// Values by the names of their settings.
        public var values: [String: String] = [:]
        /// A configuration file; nil takes the one that `WATERTIGHT_CONFIG` names, if any.
        public var file: String?

        /// Nothing overridden.
        public init() {}
    }

    /// Detects the environment and takes each value from the caller, else its environment variable, else the configuration
    /// file, else the environment's defaults.
    ///
    /// The file has settings in YAML, such as `settings: {cleanupLimit: 750ms, stressCycles: 10}`, and may name the
    /// `environment`. Throws when a name is unknown, a value cannot be meant, or the file cannot be read.
    public init(
        _ overrides: Overrides = Overrides(), variables: [String: String], isTesting: Bool
    ) throws(EnvironmentFailure) {
        let path = overrides.file ?? variables["WATERTIGHT_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        let file = try path.map(FileSettings.init)
        let variableNames = Set(
            EnvironmentSetting.allCases.map(\.variable) + ["WATERTIGHT_ENVIRONMENT", "WATERTIGHT_CONFIG"])
        unknownVariables =
            variables.keys.filter { $0.hasPrefix("WATERTIGHT_") && !variableNames.contains($0) }.sorted()
        if let chosen = overrides.environment {
            environment = chosen
            reason = "chosen by argument"
        } else if let chosen = file?.environment, variables["WATERTIGHT_ENVIRONMENT", default: ""].isEmpty {
            environment = chosen
            reason = "chosen by \(path ?? "")"
        } else {
            let detected = try DetectedEnvironment(variables: variables, isTesting: isTesting)
            environment = detected.environment
            reason = detected.reason
        }
        for name in overrides.values.keys.sorted() where EnvironmentSetting(rawValue: name) == nil {
            throw .unknownSetting(name, source: "argument")
        }
        (limits, origins) = try Self.values(of: environment, overrides, variables, file)
    }

    /// The value of each setting, from the strongest source that has one.
    private static func values(
        of environment: LeakEnvironment, _ overrides: Overrides, _ variables: [String: String], _ file: FileSettings?
    ) throws(EnvironmentFailure) -> (EnvironmentLimits, [EnvironmentSetting: Origin]) {
        var limits = EnvironmentLimits(environment)
        var origins: [EnvironmentSetting: Origin] = [:]
        for setting in EnvironmentSetting.allCases {
            let candidates: [(String?, Origin)] = [
                (overrides.values[setting.rawValue], .argument),
                (variables[setting.variable].flatMap { $0.isEmpty ? nil : $0 }, .variable(setting.variable)),
                (file?.values[setting]?.text, .file(file?.values[setting]?.source ?? "")),
            ]
            // Again, because it may follow from one that was overridden.
            setting.setDefault(of: environment, in: &limits)
            origins[setting] = setting.derivation.map(Origin.derived) ?? .environment(environment)
            // The strongest last; what is outranked must be right all the same.
            for case let (text?, origin) in candidates.reversed() {
                guard setting.set(text, in: &limits) else {
                    throw .invalidValue(text, setting: setting, source: "\(origin)")
                }
                origins[setting] = origin
            }
        }
        return (limits, origins)
    }

    /// The environment of this process.
    public static func current(_ overrides: Overrides = Overrides()) throws(EnvironmentFailure) -> ResolvedEnvironment {
        try ResolvedEnvironment(overrides, variables: ProcessInfo.processInfo.environment, isTesting: isInTests)
    }

    /// `swift test` runs a bundle of that name.
    private static var isInTests: Bool {
        CommandLine.arguments.first.map { $0.hasSuffix(".xctest") || $0.hasSuffix("swiftpm-testing-helper") } ?? false
    }
}
