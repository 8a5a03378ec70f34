import LeakStatistics
import Lifecycles
import Testing

@testable import LeakCheck

@Suite("One defect, one leak")
struct ChargedReadingsTests {
    /// A row of 4,000 connections, each of which leaves so many threads, bytes of private memory and of live heap, and
    /// whose heap is read at every third sample.
    private func row(threads: Int = 0, memory: Int = 0, heap: Double? = nil) -> RowRun {
        let row = RowRun(.fin)
        row.counts.attempted = 4000
        row.counts.completed = 4000
        if heap != nil { row.resources.append(.liveHeap) }
        for block in 0...20 {
            let connections = block * 200
            var sample = CheckResult.Sample(
                lifecycle: "fin", connections: connections, seconds: 0, phase: .measure, descriptors: 10,
                threads: 4 + connections * threads, privateMemory: 20_000_000 + connections * memory,
                residentMemory: 30_000_000)
            if let heap, block.isMultiple(of: 2) {
                sample.probed = ["liveHeap": 5_000_000 + heap * Double(connections)]
            }
            row.samples.append(sample)
        }
        return row
    }

    private func opinions(_ row: RowRun, isLazy: Bool = false) -> [Resource: RowJudge.Opinion] {
        row.opinions(isLazy: isLazy)
    }

    @Test("the memory that leaked threads need is charged to them")
    func threads() {
        // Each thread costs 9 KiB, which is what two pages of stack and its control block come to.
        let row = row(threads: 1, memory: 9 * 1024)
        #expect(opinions(row)[.threads] == .suspect)
        #expect(opinions(row)[.privateMemory] == .clean(isTight: true))
        #expect(row.charged(.descriptors) == row.readings(.descriptors))
    }

    @Test("a leak of memory beside the threads is still seen")
    func besideThreads() {
        #expect(opinions(row(threads: 1, memory: 28 * 1024))[.privateMemory] == .suspect)
    }

    @Test("what is left on the live heap is charged to it, what is left outside is not")
    func heap() {
        let inside = opinions(row(memory: 1024, heap: 1000))
        #expect(inside[.liveHeap] == .suspect)
        #expect(inside[.privateMemory] == .clean(isTight: true))
        let outside = opinions(row(memory: 8192, heap: 1000))
        #expect(outside[.privateMemory] == .suspect)
    }

    @Test("a clean live heap clears memory that a collector has let grow, unless it grows on outside")
    func garbage() {
        #expect(opinions(row(memory: 400), isLazy: true)[.privateMemory] != .clean(isTight: true))
        let cleared = opinions(row(memory: 400, heap: 0), isLazy: true)
        #expect(cleared[.liveHeap] == .clean(isTight: true))
        #expect(cleared[.privateMemory] == .clean(isTight: true))
        guard case .open = opinions(row(memory: 4096, heap: 0), isLazy: true)[.privateMemory] else {
            Issue.record("memory outside the live heap was cleared by it")
            return
        }
    }

    @Test("a gauge of the user's is a count; one that cannot be read leaves its column open")
    func gauge() throws {
        let row = row()
        let sessions = Resource(rawValue: "open_sessions")
        row.resources.append(sessions)
        for index in row.samples.indices {
            row.samples[index].probed = ["open_sessions": Double(row.samples[index].connections)]
        }
        #expect(opinions(row)[sessions] == .suspect)
        row.unread[sessions] = "the page is gone"
        let finding = try #require(row.result(isLazy: false).resources.last)
        #expect(finding.resource == sessions && finding.verdict == .inconclusive)
        #expect(finding.remark == "the page is gone")
        #expect(finding.resource.unit == "open_sessions")
    }
}
