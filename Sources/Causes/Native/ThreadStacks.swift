import ProcessResources
import Subprocesses

/// The stacks of threads, as `eu-stack` of elfutils prints them; a thread stands still while it is read.
enum ThreadStacks {
    private static let limit = Duration.seconds(10)
    private static let mostFrames = 8
    /// How many of a kind are read: all that a leak leaves stand alike.
    private static let mostThreads = 8

    /// What threads are called that have names like `name`: it with `#` for each number, `thread worker-#`.
    static func kind(_ name: String) -> String {
        "thread " + name.replacing(#/[0-9]+/#, with: "#")
    }

    /// Where most of the threads stand whose kind is called `name`, empty where that cannot be read; nil where the program is not
    /// installed.
    static func site(of name: String, in processes: [ProcessReader]) async -> [CodeFrame]? {
        var counts: [[CodeFrame]: Int] = [:]
        for process in processes {
            let ids = ((try? process.threadList()) ?? []).filter { kind($0.name) == name }.map(\.id)
            // What a connection leaves is the newest.
            for id in ids.sorted().suffix(mostThreads) {
                let arguments = ["eu-stack", "-1", "-m", "-s", "-n", "\(mostFrames)", "-p", "\(id)"]
                do {
                    let text = try await Subprocess.run(arguments, within: limit).outputText
                    if let frames = stacks(text)[id], !frames.isEmpty { counts[frames, default: 0] += 1 }
                } catch .notFound(_) {
                    return nil
                } catch {
                    continue
                }
            }
        }
        return counts.max { ($0.value, "\($1.key)") < ($1.value, "\($0.key)") }?.key ?? []
    }

    /// Reads, for each thread, `TID 42:` and a line `#0  0x7f12 - 1 pause - /lib/libc.so.6` for each frame, with the source's
    /// place in the next where it is known.
    static func stacks(_ text: String) -> [Int32: [CodeFrame]] {
        var stacks: [Int32: [CodeFrame]] = [:]
        var id: Int32?
        for line in text.split(separator: "\n") {
            if line.hasPrefix("TID "), let number = Int32(line.dropFirst(4).prefix { $0 != ":" }) {
                id = number
                stacks[number] = []
            } else if let id, line.hasPrefix("#") {
                if let frame = frame(line) { stacks[id]?.append(frame) }
            } else if let id, let last = stacks[id]?.indices.last, let file = stacks[id]?[last].location?.file {
                stacks[id]?[last].location = CodeLocation(symbol: line.drop { $0 == " " }, in: file)
            }
        }
        return stacks
    }

    private static func frame(_ line: Substring) -> CodeFrame? {
        let words = line.split(separator: " ").dropFirst(2)
        // Between the address and the name of an outer function stands what the address is less by.
        let rest = (words.first == "-" ? words.dropFirst(2) : words).joined(separator: " ")
        guard let module = rest.ranges(of: " - ").last else { return nil }
        let name = FunctionName.short(String(rest[..<module.lowerBound]))
        return CodeFrame(name, at: CodeLocation(file: String(rest[module.upperBound...])))
    }
}
