import Testing

@testable import HeapProbes

@Suite("What an agent answers")
struct AgentAnswerTests {
    @Test("a count, and what a heap of objects holds")
    func read() {
        let count = AgentAnswer("blocks 51230\n", word: "blocks")
        #expect(count?.count == 51_230 && count?.heap == nil)
        let objects = AgentAnswer("objects 18030 721200 884736\n", word: "objects")
        #expect(objects?.count == 18_030)
        #expect(objects?.heap == ObjectHeap(liveBytes: 721_200, heldBytes: 884_736))
    }

    @Test(
        "anything else says nothing",
        arguments: [
            "", "objects", "blocks 1", "objects x", "objects -1", "objects 1 2", "objects 1 2 x", "objects 1 3 2",
            "objects 1 2 3 4",
        ])
    func refused(text: String) {
        #expect(AgentAnswer(text, word: "objects") == nil)
    }
}
