import Glibc
import Remedies
import SystemCalls

/// What an interpreter that is started must find in its environment to answer an `AgentProbe`: where its agent is, which it
/// loads at its start, and a part of the agent's name. A CPython that runs can be given one as well.
///
/// The folder with the agents lies among the temporary files of this process and goes with it; one that a killed process has
/// left is removed by the next.
struct Agent: Sendable {
    /// A part of the name of every agent's socket, so that this process asks no other's.
    let token: String
    private let folder: String

    /// The variable that the agent is named in.
    private static let tokenVariable = "WATERTIGHT_AGENT"
    private static let prefix = "watertight-agent-"

    /// The agents of this process, or why there is none.
    static let own: Result<Agent, HeapProbeFailure> = Result { () throws(HeapProbeFailure) in
        do throws(SystemCallError) {
            return try Agent()
        } catch {
            throw HeapProbeFailure(
                "the agents for interpreters cannot be written to \(temporaryFolder): \(error); name another folder in TMPDIR"
            )
        }
    }

    private init() throws(SystemCallError) {
        Self.removeStale()
        var generator = SystemRandomNumberGenerator()
        token = String(generator.next(), radix: 36)
        folder = "\(Self.temporaryFolder)/\(Self.prefix)\(getpid())-\(token)"
        // A target may read it as another user.
        guard mkdir(folder, 0o755) == 0 else { throw SystemCallError(.mkdir) }
        try Self.write(PackageResources.sitecustomize_py, to: pythonFile)
        try Self.write(PackageResources.holders_py, to: "\(folder)/holders.py")
        try Self.write(PackageResources.agent_rb, to: rubyFile)
        atexit { if case .success(let agent) = Agent.own { Agent.remove(agent.folder) } }
    }

    private var rubyFile: String { "\(folder)/agent.rb" }
    /// The agent for CPython.
    var pythonFile: String { "\(folder)/sitecustomize.py" }

    /// The variable that names Ruby's agent. A Ruby that does not find the file there does not start.
    static let rubyVariable = "RUBYOPT"

    /// What has an agent follow which code opens files; any value does.
    static let followsOpenings = ["WATERTIGHT_OPENERS": "1"]

    /// The variables that a command is started with: an agent beside whatever the user has there.
    func environment(
        for interpreter: Interpreter, variable: (String) -> String? = { getenv($0).map { String(cString: $0) } }
    ) -> [String: String] {
        var variables = [Self.tokenVariable: token]
        func present(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
        switch interpreter {
        case .python: variables["PYTHONPATH"] = folder + (present("PYTHONPATH").map { ":" + $0 } ?? "")
        case .ruby:
            // Ruby separates options at spaces, which nothing escapes, and looks for a relative path elsewhere.
            guard rubyFile.hasPrefix("/"), !rubyFile.contains(where: \.isWhitespace) else { return [:] }
            variables[Self.rubyVariable] = (present(Self.rubyVariable).map { $0 + " " } ?? "") + "-r" + rubyFile
        }
        return variables
    }

    /// The name of the socket of the agent in a process, in the abstract namespace (unix(7)).
    func socketName(of pid: Int32) -> String { "watertight-\(token)-\(pid)" }

    // MARK: The folder

    private static var temporaryFolder: String {
        guard let name = getenv("TMPDIR"), name.pointee != 0 else { return "/tmp" }
        return String(cString: name)
    }

    private static func write(_ source: [UInt8], to path: String) throws(SystemCallError) {
        let number = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard number >= 0 else { throw SystemCallError(.openat) }
        let file = OwnedDescriptor(owning: number)
        guard Glibc.write(file.rawValue, source, source.count) == source.count else { throw SystemCallError(.write) }
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
