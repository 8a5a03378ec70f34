/// How an application speaks before any lifecycle begins, and what exchanging a message with it means.
///
/// Peers make its requests over HTTP before every lifecycle that sends a request of its own, and carry out the rest after the
/// upgrade in every lifecycle that waits for one.
public struct Opening: Hashable, Sendable {
    /// The path and query to ask for where neither the URL nor the user names another, a template; nil for none.
    public var path: String?
    /// Items to add to the query of whatever path is asked for, `name=value`, templates.
    public var queries: [String] = []
    /// Subprotocols to offer where the user names none.
    public var subprotocols: [String] = []
    /// What the peer asks for over HTTP before it connects, and what it makes of the answers: what a script may have before its
    /// connection.
    public var requests: [Lifecycle.Step] = []
    /// What the peer sends and waits for after the upgrade: what a script may have between `open` and its end.
    public var steps: [Lifecycle.Step] = []
    /// What a lifecycle that exchanges messages sends for each of them.
    ///
    /// `{message}` is the number of the message in its connection, `{filling}` some text, as long as the lifecycle wants.
    public var message: [Lifecycle.Step] = [.send(Template("{filling}"))]
    /// What an answer to such a message is like; nil for any message.
    public var answer: Expectation?
    /// What the target sends to see whether the peer lives, and what it wants to hear.
    public var replies: [Reply] = []
    /// A message that makes the target close; nil for a frame that every server must refuse (RFC 6455, section 5.2).
    public var closingMessage: Template?

    /// Something that is answered by itself for as long as the peer listens, and counts as no message.
    public struct Reply: Hashable, Sendable {
        /// What comes.
        public var request: Expectation
        /// What is sent.
        public var answer: Template
    }

    /// The opening of an application that answers text with text.
    public init() {}

    /// Reads an opening.
    ///
    /// - Throws: `ScriptMistake` for the first mistake in it.
    public init(_ text: String) throws(ScriptMistake) {
        var parser = ScriptParser(text)
        self = try parser.opening()
    }

    /// The names that its messages may use beside those of every template.
    static let messageNames = ["message", "filling"]

    /// Whether peers must look into messages for it.
    var readsMessages: Bool { answer != nil || !replies.isEmpty }

    /// All templates in it.
    public var templates: [Template] {
        (requests + steps + message).flatMap(\.templates) + replies.map(\.answer)
            + queries.map { Template($0) } + [path.map { Template($0) }, closingMessage].compactMap { $0 }
    }
}
