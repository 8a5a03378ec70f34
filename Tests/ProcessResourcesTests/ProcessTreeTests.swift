import Foundation
import Glibc
import Testing

@testable import ProcessResources

@Suite("A process and its descendants")
struct ProcessTreeTests {
    @Test("members are summed")
    func sum() throws {
        let shell = try SpawnedProcess(["/bin/sh", "-c", "sleep 600 & sleep 600 & wait"])
        var tree = try ProcessTree(roots: [shell.pid])
        var sample = try tree.sample()
        #expect(
            try eventually {
                sample = try tree.sample()
                // What is started in the background exchanges its input first.
                return sample.processes.count == 3 && sample.descriptors[.device] == 9
            })
        #expect(sample.processes.first?.pid == shell.pid)
        #expect(sample.threads == 3)
        #expect(sample.memory.privateBytes == sample.processes.reduce(0) { $0 + $1.memory.privateBytes })
        #expect(sample.memory.privateBytes > 0)
        #expect(tree.members.map(\.pid) == sample.processes.map(\.pid))
    }

    @Test("a root named twice, or below another, counts once")
    func overlap() throws {
        let shell = try SpawnedProcess(["/bin/sh", "-c", "sleep 600 & wait"])
        let reader = try ProcessReader(pid: shell.pid)
        #expect(try eventually { try reader.children().count == 1 })
        let child = try #require(try reader.children().first)
        var tree = try ProcessTree(roots: [shell.pid, shell.pid, child])
        #expect(try tree.sample().processes.map(\.pid) == [shell.pid, child])
    }

    @Test("children that come and go do not disturb a sample")
    func churn() throws {
        let shell = try SpawnedProcess(["/bin/sh", "-c", "while :; do /bin/true; /bin/true & done"])
        var tree = try ProcessTree(roots: [shell.pid])
        var seen = Set<Int32>()
        for _ in 0..<200 { seen.formUnion(try tree.sample().processes.map(\.pid)) }
        #expect(
            try eventually {
                seen.formUnion(try tree.sample().processes.map(\.pid))
                return seen.count > 3
            })
    }

    @Test("a descendant stays when its parent ends")
    func adoption() throws {
        let shell = try SpawnedProcess(["/bin/sh", "-c", "sh -c 'sleep 600 & wait; :' & wait; sleep 600"])
        var tree = try ProcessTree(roots: [shell.pid])
        #expect(try eventually { try tree.sample().processes.count == 3 })
        let middle = try #require(tree.members.first { (try? $0.children().count) == 1 && $0.pid != shell.pid })
        let orphan = try #require(try middle.children().first)
        kill(middle.pid, SIGKILL)
        #expect(try eventually { try !tree.sample().processes.contains { $0.pid == middle.pid } })
        #expect(try tree.sample().processes.contains { $0.pid == orphan })
        kill(orphan, SIGKILL)
        #expect(try eventually { try !tree.sample().processes.contains { $0.pid == orphan } })
    }

    @Test("the end of a root is an error, not a smaller sample")
    func rootEnds() throws {
        let first = try SpawnedProcess.sleeping()
        let second = try SpawnedProcess.sleeping()
        var tree = try ProcessTree(roots: [first.pid, second.pid])
        _ = try tree.sample()
        second.endAndCollect()
        #expect(throws: ProcessReadFailure.exited(pid: second.pid)) { _ = try tree.sample() }
    }

    @Test("a sample survives JSON, with names for keys")
    func json() throws {
        let listener = try TestSocket.listening()
        let child = try SpawnedProcess.sleeping(passing: [listener.descriptor])
        var tree = try ProcessTree(roots: [child.pid])
        let sample = try tree.sample()
        let json = try JSONEncoder().encode(sample)
        #expect(try JSONDecoder().decode(ProcessTreeSample.self, from: json) == sample)
        let text = String(decoding: json, as: UTF8.self)
        for part in [#""LISTEN":1"#, #""socket":1"#, #""device":3"#, #""pid":\#(child.pid)"#, #""privateDirtyBytes":"#]
        {
            #expect(text.contains(part), "\(part) in \(text)")
        }
    }
}
