/// Where a program runs, which decides how much time and memory it is allowed.
public enum LeakEnvironment: String, Hashable, Sendable, Codable, CaseIterable {
    /// A machine of a CI system, slow and shared.
    case ci
    /// Tests on a developer's machine.
    case test
    /// A developer's machine.
    case development
    /// A rehearsal of production.
    case staging
    /// The real thing.
    case production

    /// The environment of that name, or one of its usual short forms, in any case.
    ///
    /// Throws when there is none; `source` says where the name was found.
    public init(named name: String, from source: String) throws(EnvironmentFailure) {
        switch name.lowercased() {
        case "ci": self = .ci
        case "test", "testing": self = .test
        case "dev", "development": self = .development
        case "stage", "staging": self = .staging
        case "prod", "production": self = .production
        default: throw .unknownEnvironment(name, source: source)
        }
    }
}

/// An environment, and why it is taken to be this one.
public struct DetectedEnvironment: Hashable, Sendable {
    /// The environment.
    public var environment: LeakEnvironment
    /// What it was concluded from, for people.
    public var reason: String

    /// Concludes from environment variables, and from whether the process runs tests.
    ///
    /// In this order: `WATERTIGHT_ENVIRONMENT`; a CI system's own variables; `ENVIRONMENT`; running inside `swift test`; else
    /// development. A variable that is empty counts as absent. Throws when a name is unknown.
    public init(variables: [String: String], isTesting: Bool) throws(EnvironmentFailure) {
        func value(_ name: String) -> String? {
            guard let value = variables[name], !value.isEmpty else { return nil }
            return value
        }
        if let name = value("WATERTIGHT_ENVIRONMENT") {
            environment = try LeakEnvironment(named: name, from: "WATERTIGHT_ENVIRONMENT")
            reason = "WATERTIGHT_ENVIRONMENT=\(name)"
        } else if let name = Self.continuousIntegration.first(where: { Self.isOn(value($0)) }) {
            environment = .ci
            reason = "\(name)=\(value(name) ?? "")"
        } else if let name = value("ENVIRONMENT") {
            environment = try LeakEnvironment(named: name, from: "ENVIRONMENT")
            reason = "ENVIRONMENT=\(name)"
        } else if isTesting {
            environment = .test
            reason = "running inside swift test"
        } else {
            environment = .development
            reason = "nothing says otherwise"
        }
    }

    /// What CI systems set: `CI` nearly all of them, the others where it is missing.
    private static let continuousIntegration = [
        "CI", "GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "CIRCLECI", "TRAVIS", "JENKINS_URL", "TEAMCITY_VERSION",
        "TF_BUILD", "APPVEYOR", "BITBUCKET_BUILD_NUMBER", "CODEBUILD_BUILD_ID", "DRONE", "CIRRUS_CI", "SEMAPHORE",
        "BITRISE_IO", "GO_PIPELINE_NAME",
    ]

    private static func isOn(_ value: String?) -> Bool {
        guard let value else { return false }
        return !["false", "0", "no", "off"].contains(value.lowercased())
    }
}

/// An environment, a setting or a configuration file that cannot be understood.
public enum EnvironmentFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// No environment has this name.
    case unknownEnvironment(String, source: String)
    /// No setting has this name.
    case unknownSetting(String, source: String)
    /// A value that its setting cannot have.
    case invalidValue(String, setting: EnvironmentSetting, source: String)
    /// A configuration file that cannot be read, or has a mistake: in compilers' words, with its name and place.
    case configuration(String)

    /// What is wrong and what to write instead.
    public var description: String {
        switch self {
        case .unknownEnvironment(let name, let source):
            "\(source): there is no environment \"\(name)\"; choose from "
                + LeakEnvironment.allCases.map(\.rawValue).joined(separator: ", ")
        case .unknownSetting(let name, let source):
            "\(source): there is no setting \"\(name)\"; choose from "
                + EnvironmentSetting.allCases.map(\.rawValue).joined(separator: ", ")
        case .invalidValue(let value, let setting, let source):
            "\(source): \(setting.rawValue) cannot be \"\(value)\"; write \(setting.form)"
        case .configuration(let words): words
        }
    }
}
