import WebSocketProtocol

/// What a line typed to `connect` asks for.
enum ProbeInput: Hashable {
    case text(String)
    case ping(String)
    case close(UInt16?, reason: String)
    case binary(file: String)
    case fin
    case reset
    case vanish
    case help
    case mistake(String)

    /// A line that begins with a slash is a command; two slashes stand for one.
    init(_ line: String) {
        guard line.first == "/" else {
            self = .text(line)
            return
        }
        if line.hasPrefix("//") {
            self = .text(String(line.dropFirst()))
            return
        }
        let words = line.split(separator: " ", maxSplits: 1)
        let argument = words.count > 1 ? String(words[1]) : ""
        switch words[0] {
        case "/ping":
            self = argument.utf8.count <= 125 ? .ping(argument) : .mistake("a Ping carries at most 125 bytes")
        case "/close": self = Self.close(argument)
        case "/binary":
            self = argument.isEmpty ? .mistake("/binary needs the name of a file") : .binary(file: argument)
        case "/fin", "/reset", "/vanish":
            guard argument.isEmpty else {
                self = .mistake("\(words[0]) stands alone")
                return
            }
            self = words[0] == "/fin" ? .fin : words[0] == "/reset" ? .reset : .vanish
        case "/help": self = .help
        default:
            self = .mistake("there is no command \(words[0]): /help lists them; begin a text with // for a slash")
        }
    }

    private static func close(_ argument: String) -> ProbeInput {
        if argument.isEmpty { return .close(nil, reason: "") }
        let words = argument.split(separator: " ", maxSplits: 1)
        guard let number = UInt16(words[0]), CloseCode(rawValue: number).mayBeSent else {
            return .mistake("a close code that may be sent is 1000-1003, 1007-1014 or 3000-4999, not \(words[0])")
        }
        let reason = words.count > 1 ? String(words[1]) : ""
        guard reason.utf8.count <= 123 else { return .mistake("a close reason has at most 123 bytes") }
        return .close(number, reason: reason)
    }

    static let helpText = """
        Each line is sent as a text message. Commands:
          /ping [text]             send a Ping and show the round trip
          /binary FILE             send a file as one binary message
          /close [code] [reason]   begin the closing handshake
          /fin                     end TCP with no Close frame, as if this process were killed
          /reset                   reset TCP
          /vanish                  neither read, send nor end from now on, as if the network were gone
          //text                   send a text that begins with a slash
          /help                    show this
        """
}
