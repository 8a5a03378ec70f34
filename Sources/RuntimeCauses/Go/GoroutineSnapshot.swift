import Causes

extension CauseSnapshot {
    /// Adds the goroutines in a dump of their stacks.
    mutating func add(goroutines text: String) {
        var paragraph: [Substring] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if !line.isEmpty {
                paragraph.append(line)
                continue
            }
            if let signature = CauseSignature(goroutine: paragraph) { counted[signature, default: Tally(0)].count += 1 }
            paragraph = []
        }
        if let signature = CauseSignature(goroutine: paragraph) { counted[signature, default: Tally(0)].count += 1 }
    }
}

extension CauseSignature {
    private static let mostFrames = 20

    /// The goroutine of one paragraph: `goroutine 34 [chan receive, 2 minutes]:`, then two lines for each frame, the innermost
    /// first, and in the end two that begin with `created by`. Nil where it is none.
    fileprivate init?(goroutine lines: [Substring]) {
        guard let head = lines.first, head.hasPrefix("goroutine "), let open = head.firstIndex(of: "["),
            let close = head.lastIndex(of: "]")
        else { return nil }
        let reason = head[head.index(after: open)..<close].prefix { $0 != "," }
        var frames: [CodeFrame] = []
        var start: String?
        var index = 1
        while index < lines.count, frames.count < Self.mostFrames {
            let line = lines[index]
            index += 1
            guard !line.hasPrefix("\t"), index < lines.count else { continue }
            let location = CodeLocation(stackLine: lines[index])
            if line.hasPrefix("created by ") {
                let maker = line.firstRange(of: " in goroutine ").map { line[..<$0.lowerBound] } ?? line
                frames.append(CodeFrame(String(maker), at: location))
            } else {
                // The arguments differ from one to the next.
                let function = String(line[..<(line.lastIndex(of: "(") ?? line.endIndex)])
                start = function
                frames.append(CodeFrame(function, at: location))
            }
        }
        self.init(.goroutine, "goroutine \(start ?? "?") (\(reason))", site: frames)
    }
}

extension CodeLocation {
    /// The place in `\t/srv/main.go:8 +0x25`; nil where there is none.
    init?(stackLine: Substring) {
        let place = stackLine.drop { $0 == "\t" }.prefix { $0 != " " }
        guard let colon = place.lastIndex(of: ":"), let line = Int(place[place.index(after: colon)...]) else {
            return nil
        }
        self.init(file: String(place[..<colon]), line: line)
    }
}
