import Foundation
import ProcessResources
import Testing

@Suite("TCP states")
struct TCPStateTests {
    @Test(
        "names are the kernel's",
        arguments: zip(
            UInt8(0)...13,
            [
                "UNLISTED", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT", "CLOSE",
                "CLOSE_WAIT",
                "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV", "STATE_13",
            ]))
    func names(number: UInt8, name: String) {
        #expect(TCPState(rawValue: number).name == name)
        #expect(TCPState(name: name)?.rawValue == number)
    }

    @Test("the name that earlier versions had for it is read, and not written")
    func formerName() {
        #expect(TCPState(name: "NO_ROW") == .unlisted && TCPState.unlisted.name == "UNLISTED")
    }

    @Test("a name that is none is refused", arguments: ["", "established", "STATE_", "STATE_256", "STATE_x"])
    func noName(name: String) {
        #expect(TCPState(name: name) == nil)
    }

    @Test("counts become an object with names for keys")
    func counts() throws {
        let counts: [TCPState: Int] = [.closeWait: 2, .unlisted: 1, TCPState(rawValue: 99): 4]
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = try encoder.encode(counts)
        #expect(String(decoding: json, as: UTF8.self) == #"{"CLOSE_WAIT":2,"STATE_99":4,"UNLISTED":1}"#)
        #expect(try JSONDecoder().decode([TCPState: Int].self, from: json) == counts)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([TCPState].self, from: Data(#"["OPEN"]"#.utf8))
        }
    }
}
