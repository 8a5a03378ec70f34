import Glibc
import SystemCalls

/// How much a Go program allocates from one block that its heap profile records to the next.
///
/// The program reads `runtime.MemProfileRate` at each allocation; no variable of the environment sets it (golang/go#55100). At 1
/// every block is recorded, at half the throughput.
package struct GoProfileRate: Sendable {
    /// Why it cannot be set.
    package enum Failure: Error, Hashable, Sendable {
        /// The program was stripped of its symbols, so that nobody knows where the variable lies.
        case stripped
        /// The memory of the process cannot be written.
        case notPermitted
    }

    private static let variable = "runtime.MemProfileRate"

    /// Has `process`, of Go, record every block from now on.
    package static func recordAll(in process: ProcessReader) throws(Failure) {
        guard let address = address(in: process) else { throw .stripped }
        do {
            let memory = try OwnedDescriptor(opening: "/proc/\(process.pid)/mem", flags: O_WRONLY)
            var rate: UInt64 = 1
            let written = pwrite(memory.rawValue, &rate, MemoryLayout<UInt64>.size, off_t(address))
            guard written == MemoryLayout<UInt64>.size else { throw Failure.notPermitted }
        } catch {
            throw .notPermitted
        }
    }

    private static func address(in process: ProcessReader) -> UInt64? {
        guard let file = try? OwnedDescriptor(opening: "/proc/\(process.pid)/exe", flags: O_RDONLY),
            let symbols = ProgramSymbols({ offset, count in (try? file.bytes(at: offset, count: count)) ?? [] }),
            let address = symbols.address(of: variable)
        else { return nil }
        guard symbols.areRelative else { return address }
        guard let path = try? process.executable(), let mappings = try? process.mappings(),
            let first = mappings.first(where: { $0.backing == .file(path) })
        else { return nil }
        return first.addresses.lowerBound + address
    }
}
