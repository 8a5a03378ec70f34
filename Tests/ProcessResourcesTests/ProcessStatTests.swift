import ProcessResources
import Testing

@Suite("/proc/PID/stat")
struct ProcessStatTests {
    private static let fields =
        " S 42 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 -5 17 0 123456 9000 10 18446744073709551615 1 1\n"

    @Test(
        "the name may hold anything",
        arguments: ["sleep", "tmux: server", "a) S 1 1 (b", "", ")", "line\nend", "(sd-pam)"])
    func names(name: String) throws {
        let stat = try ProcessStat(recorded: "77 (\(name))\(Self.fields)".utf8)
        #expect(stat.state == .sleeping)
        #expect(stat.parent == 42)
        #expect(stat.processorTicks == 11)
        #expect(stat.threads == 17)
        #expect(stat.startTicks == 123456)
        #expect(!stat.isExiting)
    }

    @Test("a process being taken down shows in its flags")
    func exiting() throws {
        let text = "77 (x)\(Self.fields)".replacing("4194560", with: "4194564")
        #expect(try ProcessStat(recorded: text.utf8).isExiting)
    }

    @Test("text cut anywhere before the end of the start time is refused")
    func truncation() throws {
        let needed = Array("77 (x)\(Self.fields.prefix { $0 != "\n" })".utf8)
        let end = try #require(Self.fields.firstRange(of: "123456")?.upperBound)
        let length = "77 (x)\(Self.fields[..<end])".utf8.count
        for cut in 0...length {
            #expect(throws: ParseFailure.self, "\(cut)") { try ProcessStat(recorded: needed[..<cut]) }
        }
        #expect(try ProcessStat(recorded: needed[...length]).startTicks == 123456)
    }
}
