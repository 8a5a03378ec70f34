import ArgumentParser
import Lifecycles

/// `watertight lifecycles`: what `check` drives.
struct LifecyclesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lifecycles",
        abstract: "List the lifecycles: what the peer does, and what it usually finds.",
        discussion: """
            Name one, or a whole family by the part before the slash, with check --lifecycle. Those marked * are driven \
            by --profile quick; all but refused, which needs a URL that the application refuses, by default. Those whose names \
            begin with tls- need a wss:// URL.

            --show prints the steps of one as a script, to be changed and driven with check --script:

              watertight lifecycles --show fin > my.lifecycle
            """)

    @Option(
        help: ArgumentHelp("Print the steps of a lifecycle, or of all of a family, as a script.", valueName: "name"),
        transform: LifecycleOptions.named)
    var show: [Lifecycle]?

    @Option(
        help: ArgumentHelp("Print what --speak NAME says, as a file for --opening.", valueName: "name"),
        transform: OpeningOptions.named)
    var showOpening: ShippedOpening?

    func validate() throws {
        if show != nil, showOpening != nil { throw ValidationError("give one of --show and --show-opening") }
    }

    func run() {
        if let showOpening {
            StandardOutput.write(showOpening.text)
        } else if let show {
            StandardOutput.write(show.map { "# \($0.name)\n\($0.script)" }.joined(separator: "\n"))
        } else {
            StandardOutput.print(Self.list)
        }
    }

    /// A line on what each does, and one on what it finds.
    static var list: String {
        let width = (Lifecycle.all.map(\.name.count).max() ?? 0) + 2
        return Lifecycle.all.map { lifecycle in
            let mark = Lifecycle.quick(isSecure: true).contains(lifecycle) ? "*" : " "
            let name = lifecycle.name + String(repeating: " ", count: width - lifecycle.name.count)
            let indentation = String(repeating: " ", count: width + 2)
            return "\(mark) \(name)\(lifecycle.summary)\n\(indentation)finds \(lifecycle.finds)"
        }.joined(separator: "\n")
    }
}
