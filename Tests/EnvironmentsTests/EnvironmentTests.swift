import Environments
import Foundation
import Testing

@Suite("Environments")
struct EnvironmentTests {
    private func environment(
        _ variables: [String: String], isTesting: Bool = false
    ) throws(EnvironmentFailure) -> LeakEnvironment {
        try DetectedEnvironment(variables: variables, isTesting: isTesting).environment
    }

    @Test(
        "the environment is detected in this order",
        arguments: [
            (["WATERTIGHT_ENVIRONMENT": "staging", "CI": "true", "ENVIRONMENT": "test"], .staging),
            (["CI": "true", "ENVIRONMENT": "production"], .ci), (["CI": "1"], .ci),
            (["CI": "false", "GITHUB_ACTIONS": "true"], .ci), (["GITLAB_CI": "true"], .ci),
            (["JENKINS_URL": "http://ci.example"], .ci), (["TF_BUILD": "True"], .ci),
            (["CI": "false", "ENVIRONMENT": "Prod"], .production), (["CI": "", "ENVIRONMENT": "STAGE"], .staging),
            (["ENVIRONMENT": "testing"], .test), (["ENVIRONMENT": "dev"], .development), (["ENVIRONMENT": ""], .test),
            ([:], .test),
        ] as [([String: String], LeakEnvironment)])
    func order(variables: [String: String], expected: LeakEnvironment) throws {
        #expect(try environment(variables, isTesting: true) == expected)
    }

    @Test("without any sign it is development")
    func otherwise() throws {
        #expect(try environment(["HOME": "/"]) == .development)
    }

    @Test("this process runs tests")
    func own() throws {
        var overrides = ResolvedEnvironment.Overrides()
        #expect([.test, .ci].contains(try ResolvedEnvironment.current().environment))
        overrides.environment = .production
        #expect(try ResolvedEnvironment.current(overrides).environment == .production)
    }

    @Test(
        "an unknown name is an error that lists the known ones", arguments: ["WATERTIGHT_ENVIRONMENT", "ENVIRONMENT"])
    func unknown(variable: String) {
        let failure = #expect(throws: EnvironmentFailure.self) { try environment([variable: "qa"]) }
        #expect(
            failure?.description
                == "\(variable): there is no environment \"qa\"; choose from ci, test, development, staging, production"
        )
    }

    @Test(
        "the values of each environment",
        arguments: zip(
            LeakEnvironment.allCases,
            [
                [1000, 5000, 10_000, 50, 20_000, 50, 8, 2000, 5000, 300_000, 30_000],
                [500, 2500, 5000, 100, 30_000, 100, 5, 1000, 2000, 300_000, 30_000],
                [300, 1500, 3000, 75, 25_000, 150, 5, 1000, 10_000, 600_000, 60_000],
                [750, 3750, 7500, 100, 30_000, 100, 5, 1000, 30_000, 900_000, 90_000],
                [500, 2500, 5000, 100, 30_000, 75, 5, 1000, 60_000, 1_800_000, 180_000],
            ]))
    func values(environment: LeakEnvironment, expected: [Int]) {
        let limits = EnvironmentLimits(environment)
        func milliseconds(_ duration: Duration) -> Int { Int(duration / .milliseconds(1)) }
        #expect(
            [
                milliseconds(limits.cleanupLimit), milliseconds(limits.batchCleanupLimit),
                milliseconds(limits.emergencyCleanupLimit), limits.stressCycles, milliseconds(limits.stressLimit),
                limits.memoryGrowthThresholdBytes >> 20, limits.managersThatMayRemain,
                milliseconds(limits.longestCycle), milliseconds(limits.backgroundInterval),
                milliseconds(limits.staleLimit), milliseconds(limits.emergencyStaleLimit),
            ] == expected)
    }

    @Test("an argument is stronger than a variable, and that than the file; each value says where it comes from")
    func precedence() throws {
        let file = try TemporaryFile("settings: {cleanupLimit: 1ms, stressCycles: 3, staleLimit: 60}")
        var overrides = ResolvedEnvironment.Overrides()
        overrides.environment = .ci
        overrides.values = ["cleanupLimit": "3ms"]
        let variables = [
            "WATERTIGHT_CLEANUP_LIMIT": "2ms", "WATERTIGHT_STRESS_CYCLES": "4", "WATERTIGHT_CONFIG": file.path,
            "WATERTIGHT_LONGEST_CYCLE": "",
        ]
        let resolved = try ResolvedEnvironment(overrides, variables: variables, isTesting: false)
        #expect(resolved.limits.cleanupLimit == .milliseconds(3))
        #expect(resolved.origins[.cleanupLimit] == .argument)
        #expect(resolved.limits.batchCleanupLimit == .milliseconds(15))
        #expect(resolved.origins[.batchCleanupLimit] == .derived("5 x cleanupLimit"))
        #expect(resolved.limits.stressCycles == 4)
        #expect(resolved.origins[.stressCycles] == .variable("WATERTIGHT_STRESS_CYCLES"))
        #expect(resolved.limits.staleLimit == .seconds(60))
        #expect(resolved.origins[.staleLimit] == .file("\(file.path):1:60"))
        #expect(resolved.limits.emergencyStaleLimit == .seconds(6))
        #expect(resolved.limits.longestCycle == .seconds(2))
        #expect(resolved.origins[.longestCycle] == .environment(.ci))
    }

    @Test("every setting can be overridden by each means", arguments: EnvironmentSetting.allCases)
    func everySetting(setting: EnvironmentSetting) throws {
        let value = setting.text(in: EnvironmentLimits(.staging))
        let file = try TemporaryFile("{\"settings\": {\"\(setting.rawValue)\": \"\(value)\"}}")
        var byArgument = ResolvedEnvironment.Overrides()
        byArgument.environment = .ci
        byArgument.values[setting.rawValue] = value
        var byFile = ResolvedEnvironment.Overrides()
        byFile.environment = .ci
        byFile.file = file.path
        var byVariable = ResolvedEnvironment.Overrides()
        byVariable.environment = .ci
        for (overrides, variables) in [
            (byArgument, [:]), (byFile, [:]), (byVariable, [setting.variable: value]),
        ] {
            let resolved = try ResolvedEnvironment(overrides, variables: variables, isTesting: false)
            #expect(setting.text(in: resolved.limits) == value)
            if case .environment = resolved.origins[setting] { Issue.record("not overridden") }
        }
    }

    @Test(
        "what cannot be meant is an error that says what can",
        arguments: [
            ("settings: {cleanupLimit: soon}", "cleanupLimit cannot be \"soon\"; write a time such as 750ms, 2s or 5m"),
            ("settings: {cleanupLimit: 0}", "cleanupLimit cannot be \"0\""),
            ("settings: {stressCycles: 1.5}", "a whole number of at least 1"),
            ("settings: {stressCycles: 0}", "a whole number of at least 1"),
            ("settings: {managersThatMayRemain: -1}", "a whole number of at least 0"),
            ("settings: {memoryGrowthThreshold: -1MB}", "a size such as 50MB"),
            ("settings:\n  cleanup: 1s", ":2:3: there is no setting \"cleanup\"; choose from cleanupLimit, "),
            ("settings: [cleanupLimit]", ":1:11: settings: expected settings by name, not a list"),
            ("settings: {cleanupLimit: }", ":1:26: cleanupLimit: expected one value, not nothing"),
            ("cleanupLimit: 1s", ":1:1: the setting cleanupLimit belongs below the key settings"),
            (
                "environment: qa",
                ":1:14: environment: expected one of ci, test, development, staging, production, not \"qa\""
            ),
        ])
    func errors(text: String, problem: String) throws {
        let file = try TemporaryFile(text)
        var overrides = ResolvedEnvironment.Overrides()
        overrides.file = file.path
        let failure = #expect(throws: EnvironmentFailure.self) {
            try ResolvedEnvironment(overrides, variables: [:], isTesting: false)
        }
        #expect("\(failure!)".hasPrefix(file.path))
        #expect("\(failure!)".contains(problem), "\(failure!)")
    }

    @Test("the file names the environment, which an argument and its variable outrank")
    func environmentOfFile() throws {
        let file = try TemporaryFile("environment: staging")
        var overrides = ResolvedEnvironment.Overrides()
        overrides.file = file.path
        let named = try ResolvedEnvironment(overrides, variables: ["CI": "1"], isTesting: false)
        #expect(named.environment == .staging)
        #expect(named.reason == "chosen by \(file.path)")
        let variables = ["WATERTIGHT_ENVIRONMENT": "test"]
        #expect(try ResolvedEnvironment(overrides, variables: variables, isTesting: false).environment == .test)
        overrides.environment = .production
        #expect(try ResolvedEnvironment(overrides, variables: variables, isTesting: false).environment == .production)
    }

    @Test("what is outranked must be right all the same, and a variable that is no setting is told")
    func outranked() throws {
        var overrides = ResolvedEnvironment.Overrides()
        overrides.values = ["stressCycles": "3"]
        #expect(throws: EnvironmentFailure.self) {
            try ResolvedEnvironment(overrides, variables: ["WATERTIGHT_STRESS_CYCLES": "many"], isTesting: false)
        }
        let resolved = try ResolvedEnvironment(overrides, variables: ["WATERTIGHT_SPEED": "9"], isTesting: false)
        #expect(resolved.unknownVariables == ["WATERTIGHT_SPEED"])
    }

    @Test("an argument that is no setting, and a file that is not there")
    func absent() {
        var overrides = ResolvedEnvironment.Overrides()
        overrides.values = ["speed": "9"]
        #expect(throws: EnvironmentFailure.unknownSetting("speed", source: "argument")) {
            try ResolvedEnvironment(overrides, variables: [:], isTesting: false)
        }
        overrides.values = [:]
        overrides.file = "/nowhere/watertight.json"
        #expect(throws: EnvironmentFailure.self) {
            try ResolvedEnvironment(overrides, variables: [:], isTesting: false)
        }
    }

    @Test(
        "quantities are read as people write them",
        arguments: [
            ("250ms", 0.25), ("10s", 10), ("2m", 120), ("1h", 3600), ("1.5", 1.5), ("x", nil), ("-1s", nil),
            ("ms", nil),
        ]
            as [(String, Double?)])
    func durations(text: String, seconds: Double?) {
        #expect(DurationText.parse(text) == seconds.map { .seconds($0) })
    }

    @Test(
        arguments: [("50MB", 52_428_800), ("1kb", 1024), ("7", 7), ("7B", 7), ("1.5GB", 1_610_612_736), ("MB", nil)]
            as [(String, Int?)])
    func sizes(text: String, bytes: Int?) {
        #expect(SizeText.parse(text) == bytes)
        if let bytes { #expect(SizeText.parse(SizeText.format(bytes)) == bytes) }
    }
}

/// A file for one test, removed afterwards.
final class TemporaryFile {
    let path: String

    init(_ text: String) throws {
        path = FileManager.default.temporaryDirectory.appending(path: "watertight-\(UUID()).json").path()
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
