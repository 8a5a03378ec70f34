/// One descriptor that a runtime was followed opening, with the stack that did.
package struct FollowedOpening: Hashable, Sendable {
    /// One function of a stack.
    package struct Frame: Hashable, Sendable {
        /// Its name; what the runtime calls a function without one.
        package var function: String
        /// The file, as the runtime names it.
        package var file: String
        /// The line, from 1; nil where it is not known.
        package var line: Int?
    }

    /// The descriptor's number.
    package var descriptor: Int
    /// Whether a socket was opened, and not a file.
    package var isSocket: Bool
    /// The stack, the innermost frame first.
    package var frames: [Frame]
}

extension FollowedOpening {
    /// Reads a line of the agent in CPython: the number, the event, then function, file and line of each frame, separated by tabs.
    init?(agentLine line: Substring) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count >= 5, fields.count % 3 == 2, let number = Int(fields[0]) else { return nil }
        descriptor = number
        isSocket = fields[1] == "socket.__new__"
        frames = stride(from: 2, to: fields.count, by: 3).map { index in
            Frame(function: String(fields[index]), file: String(fields[index + 1]), line: Int(fields[index + 2]))
        }
    }

    /// Reads a stack as V8 writes it: a first line, and for each frame `at FUNCTION (FILE:LINE:COLUMN)`, or without the function.
    init(descriptor: Int, isSocket: Bool, v8Stack text: String) {
        self.descriptor = descriptor
        self.isSocket = isSocket
        frames = text.split(separator: "\n").compactMap(Frame.init(v8Line:))
    }
}

extension FollowedOpening.Frame {
    fileprivate init?(v8Line line: Substring) {
        var words = line.drop { $0 == " " }
        guard words.hasPrefix("at ") else { return nil }
        words = words.dropFirst(3)
        if words.hasPrefix("async ") { words = words.dropFirst(6) }
        var place = words
        function = "anonymous"
        if words.last == ")", let open = words.lastRange(of: " (") {
            function = String(words[..<open.lowerBound])
            place = words[open.upperBound...].dropLast()
        }
        // The last two numbers are line and column; a file of Windows or a URL has colons of its own.
        var parts = place.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 3, Int(parts[parts.count - 1]) != nil, let number = Int(parts[parts.count - 2]) else {
            return nil
        }
        parts.removeLast(2)
        let name = parts.joined(separator: ":")
        file = name.hasPrefix("file://") ? String(name.dropFirst("file://".count)) : name
        self.line = number
    }
}

extension Substring {
    /// Where `text` is last.
    fileprivate func lastRange(of text: String) -> Range<Index>? { ranges(of: text).last }
}
