/// Reads a script, line by line.
struct ScriptParser {
    private var lines: ArraySlice<(number: Int, text: Substring)>
    /// The names that templates may use so far.
    private var names = Set(Template.commonNames)
    private var isOpen = false
    private(set) var isOpening = false
    /// How far the script has come: whether a request was made over HTTP, and whether its own connection has begun.
    var (hasCalled, hasBegun) = (false, false)
    private(set) var hasRequested = false
    /// How the script begins TLS; nil where it leaves that to the peer.
    var tlsBeginning: Lifecycle.TLSStep?
    /// Whether a message was expected that a value could be captured from.
    var hasExpected = false
    /// Whether the peer takes in what comes, and whether it could do so again.
    private var (isAttentive, hasStoppedAnswering) = (true, false)
    /// The line that is read, or was read last.
    var line = ScriptLine("", number: 1)

    /// As many steps as a lifecycle may have, its repetitions counted each time.
    static let mostSteps = 10_000
    /// As many bytes as a script may send: a peer keeps what the target does not take.
    static let mostBytes = 16 << 20
    /// As many blocks as may stand within each other.
    private static let deepestBlock = 8

    init(_ text: String, firstLine: Int = 1) {
        // Other characters that end a line may stand in a text to send.
        let split = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        lines = split.enumerated().map { ($0.offset + firstLine, $0.element) }[...]
    }

    /// What stands before the first step.
    struct Header {
        var summary: String?
        var finds: String?
        var receiveBufferBytes: Int32?
    }

    /// The whole script.
    mutating func lifecycle() throws(ScriptMistake) -> (header: Header, steps: [Lifecycle.Step]) {
        let header = try header()
        var nothing: Opening?
        let steps = try steps(depth: 0, &nothing)
        guard let last = steps.last else {
            throw line.mistake("expected a step: a script that only connects and closes is the line \"fin\"")
        }
        guard last.isLeaving else {
            throw line.mistake(
                "expected an end after the last step: \"fin\", \"reset\", or for a polite one the lines \"close\", "
                    + "\"await close\", \"await end\" and \"fin\"")
        }
        return (header, steps)
    }

    private mutating func header() throws(ScriptMistake) -> Header {
        var header = Header()
        while var next = nextLine() {
            switch next.word().flatMap({ Statement(rawValue: String($0)) }) {
            case .summary: header.summary = try text(of: &next, "what the peer does, in one line")
            case .finds: header.finds = try text(of: &next, "what usually leaks, in one line")
            case .receiveBuffer:
                header.receiveBufferBytes = Int32(try next.number("the bytes of SO_RCVBUF", in: 1...(1 << 30)))
                try next.end()
            default: return header
            }
            skipLine()
        }
        return header
    }

    private func text(of line: inout ScriptLine, _ what: String) throws(ScriptMistake) -> String {
        let text = line.remainder()
        guard !text.isEmpty else { throw line.mistake("expected \(what)") }
        return String(text)
    }

    /// The next line that has a word; nil at the end.
    private mutating func nextLine() -> ScriptLine? {
        while let (number, text) = lines.first {
            let next = ScriptLine(text, number: number)
            line = next
            if !next.isAtEnd { return next }
            lines.removeFirst()
        }
        return nil
    }

    private mutating func skipLine() { lines.removeFirst() }

    /// From here on lines are those of an opening, which has no request and no end.
    mutating func beginOpening() { (isOpen, isOpening) = (true, true) }

    /// A request over HTTP is made; in an opening the upgrade comes after it.
    mutating func call() { (isOpen, hasCalled) = (false, true) }

    /// The steps up to the end, or up to the brace that ends a block; what else an opening has goes to `opening`.
    mutating func steps(depth: Int, _ opening: inout Opening?) throws(ScriptMistake) -> [Lifecycle.Step] {
        var steps: [Lifecycle.Step] = []
        var bytes = 0
        let begin = line
        while let next = nextLine() {
            line = next
            skipLine()
            guard let word = line.word() else { continue }
            if let last = steps.last, last.isLeaving, word != "}" {
                throw line.mistake("expected nothing after fin or reset, with which the connection has ended")
            }
            if word == "}" {
                guard depth > 0 else { throw line.mistake("expected a step: no block is open that } could end") }
                try line.end()
                return steps
            }
            if opening != nil, let statement = OpeningStatement(rawValue: String(word)) {
                try add(statement, to: &opening!)
                continue
            }
            let statement = try statement(word)
            let added = try self.steps(of: statement, depth: depth)
            steps += added
            bytes += added.reduce(0) { $0 + $1.sentBytes }
            guard steps.count <= Self.mostSteps else {
                throw line.mistake("expected at most \(Self.mostSteps) steps, each repetition counted")
            }
            guard bytes <= Self.mostBytes else {
                throw line.mistake("expected at most \(Self.mostBytes >> 20) MiB to send, each repetition counted")
            }
        }
        guard depth == 0 else { throw begin.mistake("expected a line } that ends the block") }
        return steps
    }

    /// The statement that a line begins with; throws with the nearest for another word.
    private func statement(_ word: Substring) throws(ScriptMistake) -> Statement {
        guard let statement = Statement(rawValue: String(word)) else {
            let words = Statement.words + (isOpening ? OpeningStatement.allCases.map(\.rawValue) : [])
            throw line.mistake(
                "expected a step (\(words.joined(separator: ", "))), not \"\(word)\""
                    + NearestWord.question(word, in: words))
        }
        if isOpening { try requireInOpening(statement) }
        return statement
    }

    private mutating func steps(of statement: Statement, depth: Int) throws(ScriptMistake) -> [Lifecycle.Step] {
        if try standsBeforeConnection(statement, depth: depth) { return [try beforeConnection(statement)] }
        if statement.needsUpgrade, !isOpen {
            throw line.mistake("expected \"open\" before \"\(statement.rawValue)\": the connection is not upgraded yet")
        }
        if statement == .expect || statement == .await, !isAttentive {
            try requireNoMessage(statement)
        }
        switch statement {
        case .summary, .finds, .receiveBuffer:
            throw line.mistake("expected \"\(statement.rawValue)\" before the first step")
        case .repeat: return try block(depth)
        case .fin, .reset:
            guard depth == 0 else { throw line.mistake("expected an end outside of the block: a connection ends once") }
            try line.end()
            return [statement == .fin ? .leaveWithFIN : .leaveWithReset]
        case .open where isOpening: return try endOfRequests()
        case .open, .request:
            guard !hasRequested else { throw line.mistake("expected one request: a connection is opened once") }
            hasRequested = true
            guard depth == 0 else { throw line.mistake("expected \"open\" outside of the block") }
            try requireSession(for: statement)
            isOpen = statement == .open
            let request = try request(statement)
            return isOpen ? [request, .awaitUpgrade] : [request]
        case .await:
            let step = try awaited()
            if step == .awaitUpgrade { isOpen = true }
            return [step]
        case .tls:
            guard depth == 0 else { throw line.mistake("expected \"tls\" outside of the block") }
            return [.tls(try tlsStep())]
        default:
            let step = try simple(statement)
            try note(step)
            return [step]
        }
    }

    /// The connection of the script's own begins, upgraded or not; what was answered before it is over.
    mutating func beginConnection(isOpen: Bool) {
        (hasBegun, hasExpected) = (true, false)
        self.isOpen = isOpen
    }

    private mutating func note(_ step: Lifecycle.Step) throws(ScriptMistake) {
        switch step {
        case .ignoreTarget:
            (isAttentive, hasStoppedAnswering) = (false, true)
        case .stopReading: isAttentive = false
        case .resumeReading:
            guard !hasStoppedAnswering else {
                throw line.mistake("expected no \"reading on\" after \"answers off\": what came was not followed")
            }
            isAttentive = true
        case .expect: hasExpected = true
        default: break
        }
    }

    /// Throws where a peer waits for a message that it does not take in.
    private func requireNoMessage(_ statement: Statement) throws(ScriptMistake) {
        let isFutile = statement == .expect || ["replies", "pong", "close"].contains(line.nextWord)
        guard isFutile else { return }
        throw line.mistake(
            "expected no wait for a message after \"answers off\" or \"reading off\": the peer does not take it in")
    }

    /// Throws where no message was expected.
    func requireMessage() throws(ScriptMistake) {
        guard hasExpected else {
            throw line.mistake("expected \"expect\" before \"capture\", which takes from its message")
        }
    }

    /// What stands between braces, as often as it is to be done.
    private mutating func block(_ depth: Int) throws(ScriptMistake) -> [Lifecycle.Step] {
        let count = try line.number("how often", in: 1...Self.mostSteps)
        guard line.word() == "{" else { throw line.mistake("expected { at the end of the line") }
        try line.end()
        guard depth < Self.deepestBlock else {
            throw line.mistake("expected at most \(Self.deepestBlock) blocks in each other")
        }
        let begin = line
        var nothing: Opening?
        let steps = try steps(depth: depth + 1, &nothing)
        guard steps.count * count <= Self.mostSteps else {
            throw begin.mistake("expected at most \(Self.mostSteps) steps, each repetition counted")
        }
        guard !steps.contains(where: \.isHTTP) || steps.allSatisfy(\.isAboutAnswer) else {
            throw begin.mistake(
                "expected a block with \"http\" to end before the connection begins, which it does once")
        }
        return Array(repeatElement(steps, count: count).joined())
    }

    /// Throws where a template names what has no value.
    func requireNames(of template: Template) throws(ScriptMistake) {
        for name in template.names where !names.contains(name) {
            let known = names.sorted()
            throw line.mistake(
                "there is no value {\(name)}" + NearestWord.question(name, in: known)
                    + "; known here are \(known.map { "{\($0)}" }.joined(separator: ", ")); a brace that is text is \\{ "
                    + "between quotation marks",
                offset: line.offset(of: "{\(name)}"))
        }
    }

    /// From here on templates may use `name`.
    mutating func capture(_ name: String) { names.insert(name) }

    /// From here on they may not.
    mutating func forget(_ name: String) { names.remove(name) }
}
