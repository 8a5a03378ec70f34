import Causes
import Glibc

/// Whether causes are looked for, as the environment says.
enum ExplanationChoice {
    private static let variable = "WATERTIGHT_EXPLAIN"

    /// What the environment of this process says.
    static func own() throws(Explanation.Failure) -> Bool {
        try isWanted(getenv(variable).map { String(cString: $0) })
    }

    /// What `value` means; nil where nothing is said.
    static func isWanted(_ value: String?) throws(Explanation.Failure) -> Bool {
        switch value {
        case nil, "", "auto", "always": return true
        case "never": return false
        case let value?:
            throw Explanation.Failure("\(variable) is \"\(value)\"", remedy: "set it to auto, always or never")
        }
    }
}
