import Glibc
import ProcessResources
import Testing

@testable import Causes

@Suite("Which code opened descriptors")
struct DescriptorOpenersTests {
    /// Pipes of this process, whose ends stand for the same.
    private static func pipes(_ count: Int, _ body: ([OpenDescriptor]) throws -> Void) throws {
        var numbers: [Int32] = []
        for _ in 0..<count {
            var pair: [Int32] = [0, 0]
            try #require(pipe(&pair) == 0)
            numbers += pair
        }
        defer { for number in numbers { close(number) } }
        let open = try ProcessReader(pid: getpid()).openDescriptors()
        try body(open.filter { numbers.contains($0.identity.number) })
    }

    private static let (leak, other) = ([CodeFrame("leak")], [CodeFrame("other")])

    private func site(_ descriptors: [OpenDescriptor], _ sites: [[CodeFrame]], isSocket: Bool? = nil) -> [CodeFrame] {
        var openers = DescriptorOpeners()
        let known = zip(descriptors, sites).map {
            (Int($0.identity.number), DescriptorOpeners.Opener(site: $1, isSocket: isSocket))
        }
        openers.add(descriptors, servingPort: 1, openers: Dictionary(known) { $1 })
        return openers.site(of: "pipe")
    }

    @Test("the stack that opened at least half of what stands for the same, and none where none did")
    func most() throws {
        try Self.pipes(2) { descriptors in
            #expect(descriptors.count == 4)
            #expect(site(descriptors, [Self.leak, Self.leak, Self.leak, Self.other]) == Self.leak)
            #expect(site(descriptors, [Self.leak, Self.leak]) == Self.leak)
            #expect(site(descriptors, [Self.leak]).isEmpty)
        }
    }

    @Test("what was noted of a socket says nothing of a pipe that has its number now")
    func reused() throws {
        try Self.pipes(1) { descriptors in
            #expect(site(descriptors, [Self.leak, Self.leak], isSocket: true).isEmpty)
            #expect(site(descriptors, [Self.leak, Self.leak], isSocket: false) == Self.leak)
        }
    }
}
