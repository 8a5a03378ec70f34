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

    @Test("sockets whose peers have left a minute ago are evidence; those of a moment ago, and others, are not")
    func evidence() {
        var ages = SocketAges()
        ages.update([1: .closeWait, 2: .closeWait, 3: .established], at: 0)
        ages.update([1: .closeWait, 2: .closeWait, 3: .established, 4: .closeWait], at: 50)
        #expect(ages.evidence(at: 59) == nil)
        #expect(
            ages.evidence(at: 61)
                == "2 sockets have been in CLOSE_WAIT for more than 60 s: their peers have left and the server has not closed them"
        )
        ages.update([1: .closeWait, 3: .established], at: 70)
        #expect(ages.evidence(at: 70)?.hasPrefix("1 socket has been in CLOSE_WAIT") == true)
        ages.update([3: .established], at: 80)
        #expect(ages.evidence(at: 200) == nil)
    }
}
