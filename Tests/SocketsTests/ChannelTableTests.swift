import Testing

@testable import Sockets

@Suite("The channels of a loop by their keys")
struct ChannelTableTests {
    @Test("a key finds its channel until the descriptor is closed, and never the number's next owner")
    func keys() async throws {
        try await withLoop { loop in
            var table = ChannelTable()
            let (first, second) = (Channel(loop: loop), Channel(loop: loop))
            let firstKey = table.makeKey(for: 5)
            #expect(table.channel(for: firstKey) == nil, "not registered yet")
            table.insert(first, number: 5)
            #expect(table.channel(for: firstKey) === first)
            #expect(table.key(of: 5) == firstKey)
            table.remove(number: 5)
            #expect(table.channel(for: firstKey) == nil)
            let secondKey = table.makeKey(for: 5)
            table.insert(second, number: 5)
            #expect(secondKey != firstKey)
            #expect(table.channel(for: firstKey) == nil)
            #expect(table.channel(for: secondKey) === second)
            #expect(table.all.map(ObjectIdentifier.init) == [ObjectIdentifier(second)])
        }
    }

    @Test("numbers beyond the table make it grow, and leave what it holds")
    func growth() async throws {
        try await withLoop { loop in
            var table = ChannelTable()
            let (low, high) = (Channel(loop: loop), Channel(loop: loop))
            let lowKey = table.makeKey(for: 0)
            table.insert(low, number: 0)
            let highKey = table.makeKey(for: 5000)
            table.insert(high, number: 5000)
            #expect(table.channel(for: lowKey) === low)
            #expect(table.channel(for: highKey) === high)
            #expect(table.all.count == 2)
        }
    }
}
