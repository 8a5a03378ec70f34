import Glibc
import SystemCalls

/// A control group of the kernel, such as a container's processes share (cgroups(7)).
///
/// Supports version 2, and the hierarchies of version 1 that hold processes by group.
public struct ControlGroup: Sendable, Hashable {
    /// Where the kernel's control groups are mounted.
    public static let mount = "/sys/fs/cgroup"
    /// Hierarchies of version 1, and of version 2 beside them, in the order of the search for a group.
    private static let hierarchies = ["", "pids", "memory", "systemd", "unified"]
    /// The most groups that a search visits.
    public static let mostGroups = 50_000
    /// The depth of a search.
    private static let mostDepth = 24
    /// Fewer letters would match a container by accident.
    private static let leastLetters = 4

    /// The group's directory.
    public let directory: String

    /// Finds a group by the path of its directory, by its path in `/proc/PID/cgroup`, or by a part of its directory's
    /// name, such as the beginning of a container's id.
    ///
    /// A search by name visits at most `mostGroups`.
    ///
    /// - Throws: `ControlGroupFailure`.
    public init(
        _ name: String, mount: String = Self.mount, mostGroups: Int = Self.mostGroups
    ) throws(ControlGroupFailure) {
        // A line of /proc/PID/cgroup: `4:memory:/docker/0a1b`, `0::/system.slice`.
        let fields = name.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        let path = fields.count == 3 && Int(fields[0]) != nil ? String(fields[2]) : name
        if path.hasPrefix("/") {
            guard !path.split(separator: "/").contains("..") else { throw .notFound(name) }
            let candidates =
                path == mount || path.hasPrefix(mount + "/")
                ? [path] : Self.hierarchies.map { mount + ($0.isEmpty ? "" : "/" + $0) + path }
            let groups = candidates.filter(Self.isGroup)
            // The same path means little in a hierarchy in which it never had processes.
            guard let found = groups.first(where: Self.holdsProcesses) ?? groups.first else { throw .notFound(name) }
            directory = found.count > 1 && found.hasSuffix("/") ? String(found.dropLast()) : found
            return
        }
        guard name.count >= Self.leastLetters else { throw .tooShort(name) }
        for hierarchy in Self.hierarchies {
            let root = mount + (hierarchy.isEmpty ? "" : "/" + hierarchy)
            guard Self.isGroup(root) else { continue }
            let found = try Self.named(name, below: root, mostGroups: mostGroups)
            if found.count > 1 { throw .ambiguous(name, found) }
            guard let only = found.first else { continue }
            directory = only
            return
        }
        throw .notFound(name)
    }

    /// The processes of the group and of all groups below it, in ascending order.
    ///
    /// Excludes those of other PID namespaces, which have no number here.
    ///
    /// - Throws: `ControlGroupFailure`.
    public func pids() throws(ControlGroupFailure) -> [Int32] {
        var pids: Set<Int32> = []
        var isRoot = true
        try Self.walk(directory) { path throws(ControlGroupFailure) in
            defer { isRoot = false }
            do throws(SystemCallError) {
                try LineReader(OwnedDescriptor(opening: path + "/cgroup.procs", flags: O_RDONLY)).forEach { line in
                    var scanner = ByteScanner(line)
                    if let pid = scanner.decimal().flatMap({ Int32(exactly: $0) }), pid > 0 { pids.insert(pid) }
                    return true
                }
            } catch {
                // A group below may be removed meanwhile, or be a threaded one, whose processes the group above lists.
                if isRoot { throw .unreadable(path, errno: error.errno) }
            }
            return true
        }
        return pids.sorted()
    }

    private static func isGroup(_ path: String) -> Bool { access(path + "/cgroup.procs", F_OK) == 0 }

    private static func holdsProcesses(_ path: String) -> Bool {
        (try? ControlGroup(unchecked: path).pids())?.isEmpty == false
    }

    private init(unchecked directory: String) { self.directory = directory }

    /// The outermost groups below `root` whose name contains `name`.
    private static func named(
        _ name: String, below root: String, mostGroups: Int
    ) throws(ControlGroupFailure) -> [String] {
        var found: [String] = []
        try walk(root, mostGroups: mostGroups) { path throws(ControlGroupFailure) in
            guard path != root, path.split(separator: "/").last?.contains(name) == true else { return true }
            found.append(path)
            return false
        }
        return found.sorted()
    }

    /// Calls `body` with each directory from `root` on, and enters those for which it returns true.
    private static func walk(
        _ root: String, mostGroups: Int = Self.mostGroups, _ body: (String) throws(ControlGroupFailure) -> Bool
    ) throws(ControlGroupFailure) {
        var waiting = [(path: root, depth: 0)]
        var count = 0
        while let (path, depth) = waiting.popLast() {
            count += 1
            guard count <= mostGroups else { throw .tooMany(root, limit: mostGroups) }
            guard try body(path), depth < mostDepth else { continue }
            for name in subdirectories(of: path) { waiting.append((path + "/" + name, depth + 1)) }
        }
    }

    private static func subdirectories(of path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}

/// Why a control group cannot be found or read, and what to do about it.
public enum ControlGroupFailure: Error, Hashable, Sendable {
    /// No group has this path or name.
    case notFound(String)
    /// The name has too few letters.
    case tooShort(String)
    /// Several groups contain this in their name.
    case ambiguous(String, [String])
    /// The group's list of processes cannot be read; the group is gone if `errno` is `ENOENT` or `ENODEV`.
    case unreadable(String, errno: Int32)
    /// More groups than a search visits.
    case tooMany(String, limit: Int)
}

extension ControlGroupFailure: CustomStringConvertible {
    /// What happened and what to do about it.
    public var description: String {
        switch self {
        case .notFound(let name):
            "no control group \"\(name)\": give the path of its directory below \(ControlGroup.mount), the path that "
                + "/proc/PID/cgroup shows, or a container's id; in a container the host's groups are not seen"
        case .tooShort(let name):
            "\"\(name)\" is too short to name a control group: give more of the container's id, or a path that begins "
                + "with /"
        case .ambiguous(let name, let found):
            "\"\(name)\" stands in the names of \(found.count) control groups, give more of it: "
                + found.prefix(8).joined(separator: ", ") + (found.count > 8 ? ", ..." : "")
        case .unreadable(let path, let number) where number == ENOENT || number == ENODEV:
            "the control group \(path) is gone"
        case .unreadable(let path, let number):
            "cannot read the processes of the control group \(path): \(String(cString: strerror(number)))"
        case .tooMany(let root, let limit):
            "there are more than \(limit) control groups below \(root): give the path of one"
        }
    }
}
