import ArgumentParser
import Lifecycles

/// How the application of the target speaks.
struct OpeningOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "File with what every peer says and waits for after the upgrade, and what it exchanges.", valueName: "file")
    )
    var opening: String?
    @Option(
        help: ArgumentHelp(
            "Speak as the clients of a framework do: \(ShippedOpening.all.map(\.name).joined(separator: ", ")).",
            discussion: "watertight lifecycles --show-opening NAME prints what that is, to be changed for --opening.",
            valueName: "name"), transform: Self.named)
    var speak: ShippedOpening?
    @Option(help: "Text message to send first after every upgrade, to join or subscribe, a template.")
    var firstMessage: String?
    @Option(help: "Text that lifecycles exchange, a template, in place of \"watertight\" or that of the opening.")
    var message: String?
    @Option(
        help: ArgumentHelp(
            "Text message that makes the server close, for close-unanswered and server-close.",
            discussion: "Without it they send a frame that every server must refuse."))
    var closingMessage: String?

    /// The opening of the framework `name`; throws `ValidationError`.
    static func named(_ name: String) throws -> ShippedOpening {
        guard let opening = ShippedOpening.named(name) else {
            throw ValidationError(
                "there is no opening \"\(name)\"; the known ones are \(ShippedOpening.all.map(\.name).joined(separator: ", "))"
            )
        }
        return opening
    }

    func validate() throws {
        if opening != nil, speak != nil { throw ValidationError("give one of --opening and --speak") }
    }

    /// What the options ask for; throws `ValidationError` with the place of a mistake.
    func read() throws -> Opening {
        var opening = speak?.opening ?? Opening()
        if let path = self.opening {
            let text = try ScriptFile.text(of: path, option: "--opening")
            do {
                opening = try Opening(text)
            } catch {
                throw ValidationError("\(path):\(error)")
            }
        }
        if let firstMessage { opening.steps.append(.send(Template(firstMessage))) }
        if let message {
            opening.message = [.send(Template(message))]
            opening.answer = nil
        }
        if let closingMessage { opening.closingMessage = Template(closingMessage) }
        return opening
    }

    /// The options again, as words.
    var words: [String] {
        let values = [
            ("--opening", opening), ("--speak", speak?.name), ("--first-message", firstMessage), ("--message", message),
            ("--closing-message", closingMessage),
        ]
        return values.flatMap { name, value in value.map { [name, $0] } ?? [] }
    }
}
