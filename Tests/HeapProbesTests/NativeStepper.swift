import Foundation
import Glibc
import ProcessResources
import TestSupport
import Testing

@testable import HeapProbes
@testable import Preload

/// A program in C that a test compiles, and that does the next of its steps whenever it is told to.
final class NativeStepper {
    private let folder: URL
    let process: StartedProcess
    let reader: ProcessReader
    private var marks: URL { folder.appending(path: "marks") }

    /// Whether there is a compiler.
    static var isPossible: Bool { StartedProcess.has("clang") }

    /// What every program has: steps are done one by one, at SIGUSR2 each, and a fork does its own at SIGUSR1.
    private static func source(_ steps: String, _ functions: String, marks: String) -> String {
        """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <malloc.h>
        #include <netinet/in.h>
        #include <pthread.h>
        #include <signal.h>
        #include <spawn.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <sys/socket.h>
        #include <unistd.h>
        extern char **environ;
        static void *kept[100000];
        static char *region;
        static void start(const char *name) { char *words[] = {(char *)name, "600", 0}; execvp(name, words); _exit(1); }
        \(functions)
        static void step(int number) { switch (number) { \(steps) } }
        int main(void) {
            sigset_t set;
            sigemptyset(&set);
            sigaddset(&set, SIGUSR2);
            sigprocmask(SIG_BLOCK, &set, 0);
            for (int number = -1; ; number++) {
                step(number);
                int file = open("\(marks)", O_WRONLY | O_APPEND | O_CREAT, 0600);
                (void)!write(file, ".", 1);
                close(file);
                int signal;
                sigwait(&set, &signal);
            }
        }
        """
    }

    init(
        _ steps: String, functions: String = "", options: [String] = [], environment: [String: String]? = nil
    ) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "watertight-stepper-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        let (program, file) = (folder.appending(path: "stepper").path(), folder.appending(path: "stepper.c"))
        let marks = folder.appending(path: "marks")
        try Self.source(steps, functions, marks: marks.path()).write(to: file, atomically: true, encoding: .utf8)
        let compiler = try StartedProcess(["clang", "-O0", "-pthread", "-w", "-o", program, file.path()] + options)
        try #require(await eventually { compiler.hasEnded })
        try #require(access(program, X_OK) == 0, "it does not compile")
        process = try StartedProcess([program], environment: environment ?? PreloadLibrary.own.get().environment)
        reader = try ProcessReader(pid: process.pid)
        try #require(await eventually { (try? Data(contentsOf: marks).count) == 1 })
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private var count: Int { (try? Data(contentsOf: marks).count) ?? 0 }

    /// Has it do the next step.
    func act() async throws {
        let before = count
        kill(process.pid, SIGUSR2)
        try #require(await eventually { self.count > before })
    }

    /// What the library counts in a process, this one unless another is named.
    func heap(_ process: ProcessReader? = nil) throws -> PreloadedHeap {
        var preload = PreloadReader(process ?? reader, library: try PreloadLibrary.own.get().name)
        return try preload.read()
    }

    /// What the next step adds.
    func added() async throws -> PreloadedHeap {
        let before = try heap()
        try await act()
        var change = try heap()
        change.blocks -= before.blocks
        change.bytes -= before.bytes
        change.mappings -= before.mappings
        change.mappedBytes -= before.mappedBytes
        return change
    }

    /// The child that it has.
    func child() async throws -> ProcessReader {
        try await eventually("a child") { (try? reader.children().first).flatMap { try? ProcessReader(pid: $0) } }
    }
}
