import ArgumentParser
import LeakCheck
import LeakStatistics
import Lifecycles
import Testing

@testable import watertight

@Suite("What a connection may leave")
struct AllowanceTests {
    @Test(
        "an amount of a resource, in one lifecycle or in all",
        arguments: [
            ("descriptors=0.5", nil, .descriptors, 0.5), ("fin:privateMemory=200B", "fin", .privateMemory, 200),
            ("fin:privateMemory=1.5 KB", "fin", .privateMemory, 1536),
            ("reset/open:liveHeap=64", "reset/open", .liveHeap, 64),
            ("open_sessions=1", nil, Resource(rawValue: "open_sessions"), 1),
        ] as [(String, String?, Resource, Double)])
    func read(text: String, lifecycle: String?, resource: Resource, amount: Double) throws {
        let allowance = try Allowance(text)
        #expect(allowance.lifecycle == lifecycle && allowance.resource == resource && allowance.perConnection == amount)
        #expect(allowance.text == text)
    }

    @Test(
        "what is none says how it is written",
        arguments: [
            ("descriptors", "write resource=amount"), ("descriptors=many", "write resource=amount"),
            ("descriptors=-1", "write resource=amount"), ("fin:=1", "names no resource"),
            ("descriptor=1", "did you mean \"descriptors\""),
        ])
    func refused(text: String, words: String) {
        let error = #expect(throws: ValidationError.self) { try Allowance(text) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test("it holds for a family, compressed or not, and for a script's row")
    func entries() throws {
        let script = try Lifecycle(name: "chat", script: "open\nfin\n")
        let driven: [Lifecycle] = [.fin, .cleanClose, script]
        #expect(try Allowance("fin:descriptors=1").entries(of: driven).map(\.lifecycle).contains("fin+deflate"))
        #expect(try Allowance("chat:descriptors=1").entries(of: driven).map(\.lifecycle) == ["chat", "chat+deflate"])
        #expect(try Allowance("reset:descriptors=1").entries(of: driven).count > 2)
        #expect(
            try Set(Allowance("descriptors=1").entries(of: driven).map(\.lifecycle))
                == ["fin", "fin+deflate", "clean-close", "clean-close+deflate", "chat", "chat+deflate"])
        let error = #expect(throws: ValidationError.self) { try Allowance("finn:descriptors=1").entries(of: driven) }
        #expect(error?.message == "--allow: there is no lifecycle \"finn\"; did you mean \"fin\"?")
    }
}
