import Glibc
import SystemCalls

/// What a Python that is started must find in its environment to answer a `PythonProbe`: the folder of an agent, which it
/// imports at its start, and the agent's name.
///
/// The folder lies among the temporary files of this process and goes with it; one that a killed process has left is removed
/// by the next.
struct PythonAgent: Sendable {
    /// A part of the name of every agent's socket, so that this process asks no other's.
    let token: String
    private let folder: String

    /// The variable that the agent is named in.
    private static let tokenVariable = "WATERTIGHT_PYTHON_AGENT"
    private static let prefix = "watertight-agent-"
    private static let fileName = "sitecustomize.py"

    /// The agent of this process, or why there is none.
    static let own: Result<PythonAgent, HeapProbeFailure> = Result { () throws(HeapProbeFailure) in
        do throws(SystemCallError) {
            return try PythonAgent()
        } catch {
            throw HeapProbeFailure(
                "the agent for Python cannot be written to \(temporaryFolder): \(error); name another folder in TMPDIR")
        }
    }

    private init() throws(SystemCallError) {
        Self.removeStale()
        var generator = SystemRandomNumberGenerator()
        token = String(generator.next(), radix: 36)
        folder = "\(Self.temporaryFolder)/\(Self.prefix)\(getpid())-\(token)"
        // A target may read it as another user.
        guard mkdir(folder, 0o755) == 0 else { throw SystemCallError(.mkdir) }
        let number = open("\(folder)/\(Self.fileName)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard number >= 0 else { throw SystemCallError(.openat) }
        let file = OwnedDescriptor(owning: number)
        let source = PackageResources.sitecustomize_py
        guard write(file.rawValue, source, source.count) == source.count else { throw SystemCallError(.write) }
        atexit { if case .success(let agent) = PythonAgent.own { PythonAgent.remove(agent.folder) } }
    }

    /// The variables that a command is started with.
    var environment: [String: String] {
        let present = getenv("PYTHONPATH").map { ":" + String(cString: $0) } ?? ""
        return ["PYTHONPATH": folder + present, Self.tokenVariable: token]
    }

    /// The name of the socket of the agent in a process, in the abstract namespace (unix(7)).
    func socketName(of pid: Int32) -> String { "watertight-\(token)-\(pid)" }

    // MARK: The folder

    private static var temporaryFolder: String {
        guard let name = getenv("TMPDIR"), name.pointee != 0 else { return "/tmp" }
        return String(cString: name)
    }

    /// Removes the folder with what a Python has compiled in it.
    private static func remove(_ folder: String) {
        for inner in ["\(folder)/__pycache__", folder] {
            for entry in entries(of: inner) { unlink("\(inner)/\(entry)") }
            rmdir(inner)
        }
    }

    private static func entries(of folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes what processes of this user have left that no longer exist.
    private static func removeStale() {
        for name in entries(of: temporaryFolder) where name.hasPrefix(prefix) {
            guard let pid = Int32(name.dropFirst(prefix.count).prefix { $0.isNumber }), kill(pid, 0) == -1,
                errno == ESRCH
            else { continue }
            remove("\(temporaryFolder)/\(name)")
        }
    }
}
