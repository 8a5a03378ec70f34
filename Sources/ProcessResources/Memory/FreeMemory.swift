/// Memory that a process may still take before the kernel ends a process for it.
package struct FreeMemory: Hashable {
    /// A control group that bounds the memory of the processes in it.
    package struct Group: Hashable {
        /// The most that they may use.
        var limit: Int
        /// What they use, without the files that the kernel can drop.
        var usage: Int

        package init(limit: Int, usage: Int) {
            self.limit = limit
            self.usage = usage
        }
    }

    /// What the machine has; nil where that is not known.
    var available: Int?
    /// The groups that the process is in.
    var groups: [Group]

    package init(available: Int?, groups: [Group]) {
        self.available = available
        self.groups = groups
    }

    /// The least of them all; nil where nothing is known.
    package var bytes: Int? {
        (groups.map { max(0, $0.limit - $0.usage) } + [available].compactMap(\.self)).min()
    }
}

extension FreeMemory {
    /// What the machine, and the control groups in `/proc/PID/cgroup`, leave to a process.
    ///
    /// - Parameter read: the contents of a file; nil where there is none.
    package init(cgroup: [UInt8], mount: String = ControlGroup.mount, _ read: (String) -> [UInt8]?) {
        var groups: [Group] = []
        for line in String(decoding: cgroup, as: UTF8.self).split(separator: "\n") {
            // `0::/system.slice` in version 2, `4:memory:/docker/0a1b` in version 1.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            var path = fields[2]
            while true {
                if fields[1].isEmpty {
                    groups += [Group(mount + path, .second, read)].compactMap(\.self)
                } else if fields[1].split(separator: ",").contains("memory") {
                    groups += [Group(mount + "/memory" + path, .first, read)].compactMap(\.self)
                }
                // A limit binds all groups below it.
                guard let slash = path.lastIndex(of: "/"), path != "/" else { break }
                path = slash == path.startIndex ? "/" : path[..<slash]
            }
        }
        self.init(
            available: read("/proc/meminfo").flatMap { Self.amount("MemAvailable:", in: $0.span) }, groups: groups)
    }

    /// The number in the line that begins with `key`, in bytes.
    private static func amount(_ key: StaticString, in text: Span<UInt8>) -> Int? {
        var found: Int?
        forEachLine(in: text) { line in
            var scanner = ByteScanner(line)
            guard scanner.take(key) else { return }
            found = scanner.kilobytes()
        }
        return found
    }
}

extension ProcessReader {
    /// The bytes that the process may still take, by the machine and by the control groups that it is in; nil where neither says.
    package func freeBytes() -> Int? {
        FreeMemory(cgroup: (try? contents(of: "cgroup")) ?? []) { try? contents(of: $0) }.bytes
    }
}

extension FreeMemory.Group {
    fileprivate enum Version { case first, second }

    /// The group of `directory`; nil where nothing bounds it.
    fileprivate init?(_ directory: String, _ version: Version, _ read: (String) -> [UInt8]?) {
        func number(_ file: String, after key: String = "") -> Int? {
            guard let text = read(directory + "/" + file) else { return nil }
            let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
            return lines.first { $0.hasPrefix(key) }.flatMap { Int($0.dropFirst(key.count)) }
        }
        let files =
            version == .second ? ("memory.max", "memory.current") : ("memory.limit_in_bytes", "memory.usage_in_bytes")
        guard let limit = number(files.0), let usage = number(files.1) else { return nil }
        let droppable =
            number("memory.stat", after: version == .second ? "inactive_file " : "total_inactive_file ") ?? 0
        self.init(limit: limit, usage: max(0, usage - droppable))
    }
}
