import Glibc
import ProcessResources
import SystemCalls

/// The live heap of processes that allocate through glibc: the allocator's own account, printed by `malloc_info(3)`, which
/// gdb calls in the process.
///
/// The process stands still for about a second. Nothing needs to be compiled into it.
struct AllocatorProbe: HeapProbe {
    let pids: [Int32]

    let gauge = HeapGauge.liveBytes
    let source = "glibc's malloc_info, through gdb"

    init(_ processes: [ProcessReader]) {
        pids = processes.map(\.pid)
    }

    func read() async throws(HeapProbeFailure) -> Double {
        var sum = 0.0
        for pid in pids { sum += try await Self.liveBytes(of: pid) }
        return sum
    }

    func close() async {}

    private static func liveBytes(of pid: Int32) async throws(HeapProbeFailure) -> Double {
        // The target writes to a file in memory, which is read from outside while it is still open: no folder that both can
        // write to is needed. Without debugging symbols gdb knows no types, so the calls carry them.
        let finished: ProgramRun.Finished
        do {
            finished = try await ProgramRun.finished(
                [
                    "gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-p", "\(pid)",
                    "-ex", "set $number = ((int (*)(const char *, unsigned)) memfd_create)(\"watertight-heap\", 0)",
                    "-ex", "set $file = ((void *(*)(int, const char *)) fdopen)($number, \"w\")",
                    "-ex", "print ((int (*)(int, void *)) malloc_info)(0, $file)",
                    "-ex", "print ((int (*)(void *)) fflush)($file)",
                    "-ex", "eval \"shell cat /proc/\(pid)/fd/%d\", $number",
                    "-ex", "print ((int (*)(void *)) fclose)($file)",
                ])
        } catch {
            throw HeapProbeFailure("\(error): --heap glibc needs gdb; install it, or go without with --heap none")
        }
        guard let bytes = liveBytes(finished.outputText) else {
            throw HeapProbeFailure("gdb cannot read the heap of process \(pid): \(reason(finished))")
        }
        return bytes
    }

    private static func reason(_ finished: ProgramRun.Finished) -> String {
        let errors = String(decoding: finished.errors, as: UTF8.self)
        if errors.contains("ptrace: ") {
            let scope = yamaScope
            let cause = scope.map { $0 == "0" ? "" : " (kernel.yama.ptrace_scope is \($0))" } ?? ""
            return
                "ptrace is not permitted\(cause): run as root, in a container with the capability SYS_PTRACE, or go "
                + "without with --heap none"
        }
        if errors.contains("No symbol") { return "it is not linked with glibc's shared library" }
        return finished.lastWords
    }

    /// How far the kernel restricts ptrace; nil where it has no such restriction.
    private static var yamaScope: String? {
        guard let file = try? OwnedDescriptor(opening: "/proc/sys/kernel/yama/ptrace_scope", flags: O_RDONLY),
            let text = try? file.bytes(at: 0, count: 1)
        else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    /// What is in use over all arenas of a `malloc_info` report: obtained from the system, less what is free, and mapped.
    static func liveBytes(_ report: String) -> Double? {
        // The sums over the arenas follow the last of them.
        guard let start = report.range(ofLast: "</heap>"), report.contains("</malloc>") else { return nil }
        let sums = report[start...]
        var amounts: [String: Double] = [:]
        for line in sums.split(separator: "\n") {
            let words = line.split { " <>/".contains($0) }
            guard let kind = words.first, kind == "total" || kind == "system",
                let type = words.first(where: { $0.hasPrefix("type=") }), let size = words.last,
                size.hasPrefix("size=\""), let amount = Double(size.dropFirst(6).prefix { $0 != "\"" })
            else { continue }
            amounts["\(kind) \(type.dropFirst(6).prefix { $0 != "\"" })"] = amount
        }
        guard let system = amounts["system current"], let fast = amounts["total fast"], let rest = amounts["total rest"]
        else { return nil }
        return system - fast - rest + (amounts["total mmap"] ?? 0)
    }
}

extension String {
    /// Where the last occurrence of `word` ends.
    fileprivate func range(ofLast word: String) -> String.Index? {
        ranges(of: word).last?.upperBound
    }
}
