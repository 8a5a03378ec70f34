/// The values of an environment by name: everything that is printed, overridden or read from a file is one of them.
public enum EnvironmentSetting: String, Hashable, Sendable, CaseIterable {
    case cleanupLimit, batchCleanupLimit, emergencyCleanupLimit, stressCycles, stressLimit, memoryGrowthThreshold
    case managersThatMayRemain, longestCycle, backgroundInterval, staleLimit, emergencyStaleLimit

    /// What it means.
    public var summary: String { row.summary }

    /// The environment variable that overrides it, such as `WATERTIGHT_CLEANUP_LIMIT`.
    public var variable: String {
        "WATERTIGHT_" + rawValue.reduce(into: "") { $0 += $1.isUppercase ? "_\($1)" : $1.uppercased() }
    }

    /// How its value is written.
    public var form: String {
        switch row.field {
        case .duration: "a time such as 750ms, 2s or 5m"
        case .count(_, let least): "a whole number of at least \(least)"
        case .bytes: "a size such as 50MB, 512KB or 1GB"
        }
    }

    /// Its value as text that can be given back.
    public func text(in limits: EnvironmentLimits) -> String {
        switch row.field {
        case .duration(let field): DurationText.format(limits[keyPath: field])
        case .count(let field, _): "\(limits[keyPath: field])"
        case .bytes(let field): SizeText.format(limits[keyPath: field])
        }
    }

    /// Takes a value from text; false when it is none.
    func set(_ text: String, in limits: inout EnvironmentLimits) -> Bool {
        switch row.field {
        case .duration(let field):
            guard let duration = DurationText.parse(text), duration > .zero else { return false }
            limits[keyPath: field] = duration
        case .count(let field, let least):
            guard let count = Int(text), count >= least else { return false }
            limits[keyPath: field] = count
        case .bytes(let field):
            guard let bytes = SizeText.parse(text) else { return false }
            limits[keyPath: field] = bytes
        }
        return true
    }

    func setDefault(of environment: LeakEnvironment, in limits: inout EnvironmentLimits) {
        switch row.defaults {
        case .each(let values):
            let isValid = set(values[LeakEnvironment.allCases.firstIndex(of: environment)!], in: &limits)
            precondition(isValid, "the default of \(rawValue)")
        case .derived(_, let derive): derive(&limits)
        }
    }

    /// From what other setting its default follows, in words.
    var derivation: String? {
        if case .derived(let text, _) = row.defaults { text } else { nil }
    }

    /// One line of the table.
    private struct Row {
        var summary: String
        var field: Field
        var defaults: Defaults
    }

    private enum Field {
        case duration(WritableKeyPath<EnvironmentLimits, Duration>)
        case count(WritableKeyPath<EnvironmentLimits, Int>, atLeast: Int)
        case bytes(WritableKeyPath<EnvironmentLimits, Int>)
    }

    private enum Defaults {
        /// In the order of `LeakEnvironment`: ci, test, development, staging, production.
        case each([String])
        /// From a setting further up.
        case derived(String, (inout EnvironmentLimits) -> Void)
    }

    private var row: Row {
        switch self {
        case .cleanupLimit:
            Row(
                summary: "time for the cleanup of one manager", field: .duration(\.cleanupLimit),
                defaults: .each(["1000ms", "500ms", "300ms", "750ms", "500ms"]))
        case .batchCleanupLimit:
            Row(
                summary: "time for the cleanup of several managers at once", field: .duration(\.batchCleanupLimit),
                defaults: .derived("5 x cleanupLimit") { $0.batchCleanupLimit = $0.cleanupLimit * 5 })
        case .emergencyCleanupLimit:
            Row(
                summary: "time for an emergency cleanup", field: .duration(\.emergencyCleanupLimit),
                defaults: .each(["10s", "5s", "3s", "7500ms", "5s"]))
        case .stressCycles:
            Row(
                summary: "cycles of the stress scenario", field: .count(\.stressCycles, atLeast: 1),
                defaults: .each(["50", "100", "75", "100", "100"]))
        case .stressLimit:
            Row(
                summary: "time for all cycles of the stress scenario", field: .duration(\.stressLimit),
                defaults: .each(["20s", "30s", "25s", "30s", "30s"]))
        case .memoryGrowthThreshold:
            Row(
                summary: "growth of memory beyond which a leak is suspected",
                field: .bytes(\.memoryGrowthThresholdBytes),
                defaults: .each(["50MB", "100MB", "150MB", "100MB", "75MB"]))
        case .managersThatMayRemain:
            Row(
                summary: "managers that may remain after everything was cleaned up",
                field: .count(\.managersThatMayRemain, atLeast: 0), defaults: .each(["8", "5", "5", "5", "5"]))
        case .longestCycle:
            Row(
                summary: "longest that one cycle may take", field: .duration(\.longestCycle),
                defaults: .each(["2s", "1s", "1s", "1s", "1s"]))
        case .backgroundInterval:
            Row(
                summary: "how often the background cleanup looks for stale managers",
                field: .duration(\.backgroundInterval), defaults: .each(["5s", "2s", "10s", "30s", "60s"]))
        case .staleLimit:
            Row(
                summary: "time without activity after which a manager is stale", field: .duration(\.staleLimit),
                defaults: .each(["5m", "5m", "10m", "15m", "30m"]))
        case .emergencyStaleLimit:
            Row(
                summary: "time without activity after which a manager gives way in an emergency",
                field: .duration(\.emergencyStaleLimit),
                defaults: .derived("a tenth of staleLimit") { $0.emergencyStaleLimit = $0.staleLimit / 10 })
        }
    }
}
