import Foundation
import PackagePlugin

/// Compiles the library that native targets are started with, and makes it a part of the program: a string of hexadecimal
/// digits, so that the program remains one file.
@main
struct EmbedPreload: BuildToolPlugin {
    /// Without a C library, for that of the target is found when it runs; without a stack protector, which is a part of one. The stacks
    /// of programs are read through its own frames.
    private static let options = [
        "-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-nostdlib", "-ffreestanding",
        "-fno-builtin", "-fno-stack-protector", "-fno-omit-frame-pointer", "-fasynchronous-unwind-tables",
        "-fvisibility=hidden", "-Wl,-z,now,-z,relro,-s,--hash-style=both",
    ]

    /// The library as `$1`, the Swift file as `$2`, the compiler and its arguments behind them.
    private static let script = """
        set -e
        library=$1; output=$2; shift 2
        "$@" -o "$library"
        { printf 'enum PreloadImage {\\n    static let digits: StaticString = "'; od -An -v -tx1 "$library" | tr -d ' \\n'; \
        printf '"\\n}\\n'; } > "$output"
        """

    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let folder = target.directoryURL.appending(path: "Library")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let sources = files.filter { $0.pathExtension == "c" }.sorted { $0.path < $1.path }
        let library = context.pluginWorkDirectoryURL.appending(path: "preload.so")
        let output = context.pluginWorkDirectoryURL.appending(path: "PreloadImage.swift")
        let words = [Self.script, "embed", library.path, output.path, try Self.compiler(context)]
        return [
            .buildCommand(
                displayName: "Compiling the library for native targets", executable: URL(filePath: "/bin/sh"),
                arguments: ["-c"] + words + Self.options + Self.architecture + sources.map(\.path),
                inputFiles: files, outputFiles: [output])
        ]
    }

    /// The compiler that comes with Swift.
    private static func compiler(_ context: PluginContext) throws -> String {
        (try? context.tool(named: "clang").url.path) ?? "clang"
    }

    /// On 64-bit Arm, clang would call atomics of a library.
    private static var architecture: [String] {
        #if arch(arm64)
        ["-mno-outline-atomics"]
        #else
        []
        #endif
    }
}
