import LeakStatistics
import Lifecycles
import Testing

@testable import Search

@Suite("Scripts that are made up")
struct GrammarTests {
    @Test("each is allowed, ends, and reads back as it was", arguments: 1...3)
    func allowed(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let grammar = Grammar(SearchDictionary("# words\n/chat?user={n}\n{\"join\": \"room{n}\"}\n"))
        let mutation = Mutation(grammar)
        var previous = grammar.script(using: &generator)
        for _ in 0..<300 {
            let script = grammar.script(using: &generator)
            let mutated = mutation.mutated(script, with: previous, using: &generator)
            for made in [script, mutated] {
                let lifecycle = try #require(made.lifecycle(named: "made"), "\(made.text)")
                #expect(lifecycle.steps == made.steps && made.steps.last?.isLeaving == true)
                #expect(try CorpusScript.parse(CorpusScript.render(made), name: "made") == made)
            }
            previous = script
        }
    }

    @Test("all that a peer can do comes up, and what the dictionary has")
    func coverage() {
        var generator = SeededGenerator(seed: 9)
        let grammar = Grammar(SearchDictionary("/chat\nhello {n}\n"))
        let texts = (0..<3000).map { _ in grammar.script(using: &generator).text }.joined()
        for word in [
            "open /chat", "request half", "request faulty key", "messages", "send hello {n}", "send-binary",
            "send-bytes 01", "broken-frame cut-payload", "pings", "await replies", "await unread", "reading off",
            "answers off",
            "hold", "close 1001", "provoke-close", "rendezvous", "fin", "reset",
        ] {
            #expect(texts.contains(word), "\(word)")
        }
    }

    @Test("a script that does all that another does, and ends as it does, will leave what that leaves")
    func inclusion() {
        let ping = SearchScript([.sendRequest, .awaitUpgrade, .sendPings(1), .leaveWithReset])
        let more = SearchScript([
            .sendRequest, .awaitUpgrade, .sendMessages(1), .sendPings(3), .holdFor(.milliseconds(1)), .leaveWithReset,
        ])
        let polite = SearchScript([
            .sendRequest, .awaitUpgrade, .sendPings(1), .sendClose, .awaitClose, .awaitEnd, .leaveWithFIN,
        ])
        #expect(more.includes(ping) && !ping.includes(more) && !polite.includes(ping))
    }
}

@Suite("What a target shows")
struct AnswerTests {
    private func signature(_ kinds: [TraceEvent.Kind]) -> AnswerSignature {
        var reader = AnswerReader()
        for kind in kinds { reader.note(TraceEvent(connection: 1, time: .milliseconds(3), kind: kind)) }
        return reader.signature
    }

    private static let upgrade = Array("HTTP/1.1 101 Switching Protocols\r\n\r\n".utf8)

    @Test("status, frames by kind, the close code, and who ended first; bytes may come one at a time")
    func frames() {
        let frames: [UInt8] = [
            0x81, 1, 0x61, 0x81, 1, 0x62, 0x81, 1, 0x63, 0x8A, 0, 0x88, 5, 3, 0xEA, 0x62, 0x61, 0x64,
        ]
        let bytes = Self.upgrade + frames
        let whole = signature([.received(bytes), .streamEnded("the target ended the stream")])
        #expect(whole.status == 101 && whole.texts == 2 && whole.pongs == 1)
        #expect(whole.closeCode == 1002 && whole.reason == .short && whole.end == .target && !whole.hasGarbage)
        let pieces = bytes.map { TraceEvent.Kind.received([$0]) } + [.streamEnded("the target ended the stream")]
        #expect(signature(pieces) == whole)
    }

    @Test("a refusal, garbage and silence are told apart")
    func others() {
        #expect(signature([.received(Array("HTTP/1.1 403 Forbidden\r\n\r\nno".utf8))]).status == 403)
        #expect(signature([.received([1, 2, 3])]).hasGarbage)
        #expect(signature([]) == AnswerSignature())
        #expect(signature([.streamEnded("recv: connection reset")]).end == .reset)
    }
}

@Suite("When a trial shows something")
struct TrialRuleTests {
    private let scripts = (0..<4).map { SearchScript([.holdFor(.milliseconds($0)), .leaveWithFIN]) }

    private func growth(_ levels: [Double], _ resource: Resource, rested: Double? = nil) -> Double? {
        var result = TrialResult()
        result.levels = levels.map { [resource: $0] }
        if let rested { result.rested = [resource: rested] }
        let trial = Trial(scripts, connections: 32, isFresh: true)
        return TrialRule().growth(trial, result)[resource]
    }

    @Test("what grows in every round grows; what fills up, swings, or comes back does not")
    func growth() {
        #expect(growth([10, 42, 74, 106], .descriptors) == 1)
        #expect(growth([10, 26, 42, 58], .descriptors) == 0.5)
        #expect(growth([10, 42, 74, 74], .descriptors) == nil)
        #expect(growth([10, 42, 42, 106], .descriptors) == nil)
        #expect(growth([10, 42, 74, 106], .descriptors, rested: 12) == nil)
        #expect(growth([0, 100_000, 120_000, 124_000], .liveHeap) == nil, "it fills up")
        #expect(growth([0, 32_000, 64_000, 96_000], .liveHeap) == 1000)
        #expect(growth([0, 400, 800, 1200], .liveHeap) == nil, "too little")
    }

    @Test("what was refuted needs more the next time")
    func caution() {
        var rule = TrialRule()
        let before = rule.threshold(.blocks, scripts: 1, connections: 32)
        rule.learnRefutation(of: .blocks)
        #expect(rule.threshold(.blocks, scripts: 1, connections: 32) == before * 2)
        #expect(rule.threshold(.descriptors, scripts: 1, connections: 32) == 6.4)
    }
}
