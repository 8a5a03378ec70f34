import Glibc

/// The programs that were built with these tests.
public enum BuiltExecutable {
    /// The path of `name`, beside the bundle of tests.
    public static func path(_ name: String) -> String {
        for argument in CommandLine.arguments {
            guard let slash = argument.lastIndex(of: "/") else { continue }
            let candidate = String(argument[...slash]) + name
            if access(candidate, X_OK) == 0 { return candidate }
        }
        return name
    }
}
