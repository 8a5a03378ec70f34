import LeakCheck
import ProcessResources
import Testing

@Suite("Ages of sockets")
struct SocketAgesTests {
    @Test("the oldest of each state, by inode: a socket that is replaced or changes its state is young again")
    func oldest() {
        var ages = SocketAges()
        ages.update([1: .established, 2: .established], at: 10)
        ages.update([1: .closeWait, 2: .established], at: 20)
        #expect(ages.oldest(at: 30) == [.closeWait: 10, .established: 20])
        ages.update([1: .closeWait, 3: .established], at: 40)
        #expect(ages.oldest(at: 40) == [.closeWait: 20, .established: 0])
        ages.update([:], at: 50)
        #expect(ages.oldest(at: 60).isEmpty)
    }
}
