import HeapProbes
import ProcessResources
import TestSupport
import Testing

@testable import Targets

@Suite("Allocators of a target")
struct TargetAllocatorsTests {
    @Test("an agent that stops answering makes no memory appear: what it knew last stands")
    func besideIsKept() async throws {
        let (process, reader) = try await StartedProcess.idle()
        defer { withExtendedLifetime(process) {} }
        let allocators = TargetAllocators()
        func levels(_ beside: [Int32: MemoryBeside]) async throws -> AllocatorLevels {
            try #require(await allocators.read([reader], connections: 0, isDecisive: true, beside: beside))
        }
        let plain = try await levels([:])
        let heap = MemoryBeside(heap: ObjectHeap(liveBytes: 5000, heldBytes: 9000))
        let known = try await levels([reader.pid: heap])
        #expect(known.liveBytes == plain.liveBytes + 5000 && known.freeBytes == plain.freeBytes + 4000)
        #expect(try await levels([:]) == known)
    }
}
