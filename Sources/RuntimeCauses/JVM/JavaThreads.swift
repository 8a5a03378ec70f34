import Causes

extension CauseSnapshot {
    /// Adds the threads in a dump of their stacks, as `jcmd PID Thread.print` writes it.
    mutating func add(javaThreads text: String) {
        var paragraph: [Substring] = []
        // An empty line ends a thread.
        for line in (text + "\n").split(separator: "\n", omittingEmptySubsequences: false) {
            if !line.isEmpty {
                paragraph.append(line)
                continue
            }
            if let signature = CauseSignature(javaThread: paragraph) {
                counted[signature, default: Tally(0)].count += 1
            }
            paragraph = []
        }
    }
}

extension CauseSignature {
    private static let mostFrames = 20

    /// The thread of one paragraph: a head that begins with the name in quotes, then a line `at FUNCTION(PLACE)` for each frame,
    /// the innermost first. Nil where it is none, or one of the JVM's own, which have no frames.
    fileprivate init?(javaThread lines: [Substring]) {
        guard let head = lines.first, head.first == "\"", let end = head.firstRange(of: "\" ") else { return nil }
        let name = head[head.index(after: head.startIndex)..<end.lowerBound]
        let frames = lines.lazy.compactMap { CodeFrame(javaStackLine: $0) }.prefix(Self.mostFrames)
        guard !frames.isEmpty else { return nil }
        self.init(.thread, "thread \(Self.withoutNumbers(name))", site: Array(frames))
    }

    private static let leastHexadecimal = 4

    /// A name with `#` in place of what differs from one to the next: digits, and words of hexadecimal digits.
    static func withoutNumbers(_ name: Substring) -> String {
        var text = ""
        var rest = name
        while let first = rest.first {
            let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) }
            if word.isEmpty {
                text.append(first)
                rest = rest.dropFirst()
                continue
            }
            rest = rest[word.endIndex...]
            let hasDigit = word.contains(where: \.isNumber)
            let isHexadecimal = word.count >= leastHexadecimal && word.allSatisfy(\.isHexDigit) || word.hasPrefix("0x")
            text += hasDigit && isHexadecimal ? "#" : withoutDigits(word)
        }
        return text
    }

    private static func withoutDigits(_ word: Substring) -> String {
        var text = ""
        for character in word {
            if !character.isNumber { text.append(character) } else if text.last != "#" { text.append("#") }
        }
        return text
    }
}

extension CodeFrame {
    /// The frame of `\tat org.acme.Chat.pump(Chat.java:12)`, or with a module before the file, `(java.base@17/Thread.java:840)`.
    fileprivate init?(javaStackLine line: Substring) {
        let words = line.drop { $0 == "\t" || $0 == " " }
        guard words.hasPrefix("at "), let open = words.lastIndex(of: "("), words.hasSuffix(")") else { return nil }
        let method = words[..<open].dropFirst("at ".count)
        let place = words[words.index(after: open)...].dropLast()
        let file = place[(place.lastIndex(of: "/").map(place.index(after:)) ?? place.startIndex)...]
        self.init(Self.name(method), at: CodeLocation(javaFile: file, method: method))
    }

    private static let lambda = "$$Lambda"

    /// The name of a method; the class of a lambda has a number, which differs from run to run.
    private static func name(_ method: Substring) -> String {
        guard let lambda = method.firstRange(of: lambda), let dot = method.lastIndex(of: ".") else {
            return String(method)
        }
        return String(method[..<lambda.upperBound] + method[dot...])
    }
}

extension CodeLocation {
    /// The place `Chat.java:12` of `org.acme.Chat.pump`: the file below the folder of its package, as sources lie. Nil where no
    /// line is known.
    fileprivate init?(javaFile: Substring, method: Substring) {
        guard let colon = javaFile.lastIndex(of: ":"), let line = Int(javaFile[javaFile.index(after: colon)...]) else {
            return nil
        }
        let folders = method.split(separator: ".").dropLast(2)
        self.init(file: (folders + [javaFile[..<colon]]).joined(separator: "/"), line: line)
    }
}
