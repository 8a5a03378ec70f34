/// A workflow command of GitHub Actions, which shows it beside the run, in the form of
/// https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
struct Annotation {
    /// How serious it is.
    enum Kind: String, CaseIterable {
        case error, warning, notice
    }

    var kind: Kind
    var title: String
    var text: String
    /// The file of the repository and the line that it is about; nil for none.
    var place: (file: String, line: Int?)?

    /// How many of a kind GitHub shows for a step; it drops the others without a word.
    private static let most = 10

    /// A line for each, those of a kind together; the tenth of a kind counts what is left.
    static func render(_ annotations: [Annotation]) -> String {
        Kind.allCases.flatMap { kind in limited(annotations.filter { $0.kind == kind }, kind) }.map(\.line).joined()
    }

    private static func limited(_ annotations: [Annotation], _ kind: Kind) -> [Annotation] {
        guard annotations.count > most else { return annotations }
        let rest = annotations.count - most + 1
        return annotations.prefix(most - 1)
            + [
                Annotation(
                    kind: kind, title: "\(rest) more",
                    text: "\(rest) more findings of this kind are in the report of this step.")
            ]
    }

    private var line: String {
        let place = place.map { "file=\(Self.property($0.file))," + ($0.line.map { "line=\($0)," } ?? "") } ?? ""
        return "::\(kind.rawValue) \(place)title=\(Self.property(title))::\(Self.message(text))\n"
    }

    private static func message(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    private static func property(_ text: String) -> String {
        message(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}
