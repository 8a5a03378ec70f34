import ProcessResources
import Subprocesses

/// The stacks of the threads of a process, as `eu-stack` of elfutils prints them; the process stands still meanwhile.
enum ThreadStacks {
    /// Reading the stacks of a thousand threads takes seconds.
    private static let limit = Duration.seconds(60)
    private static let mostFrames = 8

    /// What threads are called that have names like `name`: it with `#` for each number, `thread worker-#`.
    static func kind(_ name: String) -> String {
        "thread " + name.replacing(#/[0-9]+/#, with: "#")
    }

    /// Where most of the threads stand whose kind is called `name`, empty where that cannot be read; nil where the program is not
    /// installed.
    static func site(of name: String, in processes: [ProcessReader]) async -> [CodeFrame]? {
        var counts: [[CodeFrame]: Int] = [:]
        for process in processes {
            let threads = (try? process.threadList()) ?? []
            let ids = Set(threads.filter { kind($0.name) == name }.map(\.id))
            let arguments = ["eu-stack", "-m", "-s", "-n", "\(mostFrames)", "-p", "\(process.pid)"]
            do {
                let text = try await Subprocess.run(arguments, within: limit).outputText
                for (id, frames) in stacks(text) where ids.contains(id) && !frames.isEmpty {
                    counts[frames, default: 0] += 1
                }
            } catch .notFound(_) {
                return nil
            } catch {
                continue
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
