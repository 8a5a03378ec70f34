import Testing

@testable import Lifecycles

@Suite("Messages that are filled")
struct FillingTests {
    @Test("a message has as many bytes as it was asked for", arguments: [0, 1, 15, 16, 125, 126, 65_536])
    func size(bytes: Int) {
        let filling = PeerScript.filling(bytes)
        #expect(filling.utf8.count == bytes && filling.allSatisfy { $0 == "w" })
    }
}
