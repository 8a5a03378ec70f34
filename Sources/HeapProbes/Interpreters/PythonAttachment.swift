import WebSocketProtocol

/// How gdb has a CPython that runs execute code: `Py_AddPendingCall`, which needs neither the interpreter nor memory of
/// its allocator, and so may be called wherever its first thread stands. That executes the call at its next safe point.
struct PythonAttachment: Sendable {
    /// The process.
    let pid: Int32
    /// What it executes. An exception would end the program, so none leaves it.
    let code: String

    /// Has the process execute the file at `path` with the globals `__file__`, `token` and `stays`, in milliseconds.
    init(_ pid: Int32, executing path: String, token: String, stays: Int) {
        self.pid = pid
        // Hexadecimal digits need no quoting in Python or in gdb, whatever the name.
        let digits = path.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        code = """
            try:
             p = bytes.fromhex('\(digits)').decode('utf-8', 'surrogateescape')
             exec(compile(open(p, encoding='utf-8').read(), p, 'exec'), {'__name__': 'watertight', '__file__': p, 'token': '\(token)', 'stays': \(stays)})
            except BaseException:
             pass

            """
    }

    /// The command. It loads nothing of the user's or from elsewhere, and detaches when it ends.
    var command: [String] {
        let length = code.utf8.count + 1
        // Two pages hold the longest path, PATH_MAX, in digits, and what stands around it.
        let map = "((void *(*)(void *, unsigned long, int, int, int, long)) mmap)(0, \(Self.mapped), 3, 34, -1, 0)"
        let add = "((int (*)(void *, void *)) Py_AddPendingCall)((void *) PyRun_SimpleString, $page)"
        let text = code.replacing("\n", with: "\\n")
        return [
            "gdb", "-nx", "-batch", "-iex", "set auto-load off", "-iex", "set debuginfod enabled off", "-p", "\(pid)",
        ]
            + [
                "set confirm off", "set language c", "set $page = \(map)", "set {char[\(length)]} $page = \"\(text)\"",
                "set $failed = \(add)", "printf \"\(Self.word) %d\\n\", $failed",
            ].flatMap { ["-ex", $0] }
    }

    private static let mapped = 12_288
    private static let word = "watertight-added"

    /// Why the process does not take the code, from what gdb has written to both its streams; nil where it does.
    func failure(_ said: String) -> String? {
        if said.contains("\(Self.word) 0\n") { return nil }
        // Thirty-two calls can be pending: a first thread that does nothing takes none of them.
        if said.contains("\(Self.word) -1\n") { return "it has too many calls pending already" }
        let lines = said.split(separator: "\n").suffix(3).joined(separator: "; ")
        return Self.meanings.first { said.contains($0.0) }?.1
            ?? "gdb says \"\(String(lines.suffix(400)).escapedForTerminal)\""
    }

    private static let meanings = [
        ("already traced by process", "another debugger holds it"),
        ("Operation not permitted", "this user may not trace it"),
        ("No symbol \"Py_AddPendingCall\"", "gdb finds no function of CPython in it, as its symbols are stripped"),
        ("No symbol table is loaded", "gdb finds no function of CPython in it"),
        ("No such process", "it has ended"),
    ]
}
