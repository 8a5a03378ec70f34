/// The version of Watertight, which reports, `--version`, packages and the changelog share.
public enum ToolVersion {
    /// By Semantic Versioning.
    public static let current = "0.2.0"
}
