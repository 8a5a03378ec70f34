import ArgumentParser
import Glibc

/// The product against itself and against peers that mean harm, on real sockets and in numbers that a test has no time for.
@main
struct Endurance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endurance",
        abstract: "Hold the server and the client against many connections, and the server against hostile peers.",
        subcommands: [FlatCommand.self, HostileCommand.self, PeersCommand.self])

    /// Begins anew with an allocator that accounts exactly: blocks that threads keep for their next allocation would count
    /// as live, and thresholds that move would leave pages of former bursts resident.
    private static func settleAllocator() {
        guard getenv("GLIBC_TUNABLES") == nil else { return }
        let threshold = 128 * 1024
        setenv(
            "GLIBC_TUNABLES",
            "glibc.malloc.tcache_count=0:glibc.malloc.mmap_threshold=\(threshold):glibc.malloc.trim_threshold=\(threshold)",
            1)
        execv("/proc/self/exe", CommandLine.unsafeArgv)
    }

    static func main() async {
        settleAllocator()
        await main(nil)
    }
}
