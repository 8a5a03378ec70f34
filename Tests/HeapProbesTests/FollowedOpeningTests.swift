import Testing

@testable import HeapProbes

@Suite("Who opened a descriptor, as runtimes say it")
struct FollowedOpeningTests {
    @Test("V8's stacks: functions with places, places alone, modules, and what is neither")
    func stacks() {
        let text = """
            Error
                at Object.leak [as onMessage] (/srv/app/server.js:34:12)
                at file:///srv/app/main.mjs:7:3
                at async Promise.all (index 0)
                at async handle (node:internal/stream:12:5)
            """
        let opening = FollowedOpening(descriptor: 7, isSocket: false, v8Stack: text)
        #expect(
            opening.frames == [
                .init(function: "Object.leak [as onMessage]", file: "/srv/app/server.js", line: 34),
                .init(function: "anonymous", file: "/srv/app/main.mjs", line: 7),
                .init(function: "handle", file: "node:internal/stream", line: 12),
            ])
    }

    @Test("lines of the agent in CPython; a damaged one says nothing")
    func agent() {
        let opening = FollowedOpening(agentLine: "9\topen\tleak\t/srv/a.py\t12\ton_message\t/srv/b.py\t3")
        #expect(opening?.descriptor == 9 && opening?.isSocket == false)
        #expect(opening?.frames.map(\.function) == ["leak", "on_message"] && opening?.frames.first?.line == 12)
        #expect(FollowedOpening(agentLine: "9\tsocket.__new__\tf\ta.py\t1")?.isSocket == true)
        for line in ["", "9", "9\topen", "x\topen\tf\ta\t1", "9\topen\tf\ta"] {
            #expect(FollowedOpening(agentLine: Substring(line)) == nil)
        }
    }
}
