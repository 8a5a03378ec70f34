import Subprocesses

/// The names and lines of code, as one of the programs says that are usual for it.
struct Symbols {
    private var frames: [CodeFrame: [CodeFrame]] = [:]
    /// Whether none of the programs is installed.
    private(set) var isMissing = false

    /// Reading the lines of a large program takes seconds.
    private static let limit = Duration.seconds(60)

    /// The first of these that is installed is asked; all of them print alike. The last finds no lines of Swift.
    private static let programs = [["llvm-symbolizer", "--output-style=GNU"], ["addr2line"], ["eu-addr2line"]]

    /// Asks for all of `frames` that are addresses yet.
    init(of frames: [CodeFrame]) async {
        let unnamed = Set(frames).filter { $0.unnamedAddress != nil }
        let files = Dictionary(grouping: unnamed) { $0.location?.file ?? "" }
        for (file, frames) in files.sorted(by: { $0.key < $1.key }) {
            let addresses = frames.compactMap(\.unnamedAddress)
            guard let text = await Self.text(file, addresses) else {
                isMissing = true
                return
            }
            for (frame, named) in zip(frames, Self.named(text, file: file)) where !named.isEmpty {
                self.frames[frame] = named
            }
        }
    }

    /// What stands for `frame`: itself, or the function and those that it is a part of, the innermost first.
    func frames(_ frame: CodeFrame) -> [CodeFrame] { frames[frame] ?? [frame] }

    /// What the first program that is installed prints; nil where there is none.
    private static func text(_ file: String, _ addresses: [UInt64]) async -> String? {
        // What is known is where a call returns to, which may be another line.
        let words = addresses.map { "0x" + String($0 - 1, radix: 16) }
        for program in programs {
            do {
                return try await Subprocess.run(program + ["-a", "-f", "-C", "-i", "-e", file] + words, within: limit)
                    .outputText
            } catch .notFound(_) {
                continue
            } catch {
                return ""
            }
        }
        return nil
    }

    /// Reads, for each address, a line with it, and for each function there, the innermost first, a line with the name and one
    /// with the place. Empty where the name is not known.
    static func named(_ text: String, file: String) -> [[CodeFrame]] {
        var all: [[CodeFrame]] = []
        var name: Substring?
        for line in text.split(separator: "\n") {
            if line.hasPrefix("0x") {
                all.append([])
                name = nil
            } else if let function = name {
                name = nil
                guard !all.isEmpty, function != "??" else { continue }
                let location = CodeLocation(symbol: line, in: file)
                all[all.count - 1].append(CodeFrame(FunctionName.short(String(function)), at: location))
            } else {
                name = line.firstRange(of: " inlined at ").map { line[..<$0.lowerBound] } ?? line
            }
        }
        return all
    }
}

extension CodeLocation {
    /// The place in `line`; only `file` where no line is known, or where the code is a library's, of whose lines a name is enough.
    init(symbol line: Substring, in file: String) {
        let whole = CodeLocation(file: file)
        self = whole.isLibrary ? whole : CodeLocation(symbol: line) ?? whole
    }

    /// The place in `/srv/leaky.c:12`, `/srv/leaky.c:12:5` or `/srv/leaky.c:12 (discriminator 2)`; nil where no line is known.
    init?(symbol line: Substring) {
        var parts = line.prefix { $0 != " " }.split(separator: ":")
        var number: Int?
        while parts.count > 1, let last = parts.last, let value = Int(last) {
            number = value
            parts.removeLast()
        }
        // What a macro has expanded to is in no file.
        guard let number, number > 0, let file = parts.first, file != "??", !file.contains("@__swiftmacro_") else {
            return nil
        }
        self.init(file: parts.joined(separator: ":"), line: number)
    }
}
