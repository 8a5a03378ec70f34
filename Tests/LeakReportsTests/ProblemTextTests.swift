import Remedies
import Testing

@testable import LeakReports

@Suite("Problems in the words of the command line")
struct ProblemTextTests {
    /// Each remedy with its words; one with numbers or a choice in each of its forms.
    static let table: [(Remedy, String)] = [
        (.outside("run as its user"), "run as its user"),
        (.goWithoutHeap, "go without with --heap none"),
        (.chooseProbe, "choose another"),
        (.nameGoPage, "name its page by --heap go:URL"),
        (.readGoProfile, "for the heap profile of a Go program give --heap go:URL"),
        (.nameAllocatorPage, "name the page with its statistics by --heap url:"),
        (.readFromOutside, "read this one from outside with --heap glibc"),
        (
            .readByCommand("echo 1 | tr -cd 0-9", onceDone: "install it"),
            "install it, and give --heap 'command:echo 1 | tr -cd 0-9'"
        ),
        (
            .readByPage(of: "Bun.gc(true)"),
            "let a page of the server answer with what Bun.gc(true) gives, and name it with --heap url:http://HOST:PORT/PATH"
        ),
        (.startInspected, "start it with --inspect, and give --heap node"),
        (.giveCommand, "give the command after --"),
        (.nameProcess, "name it with --pid"),
        (.nameServer(listening: []), "name the server's own process with --pid"),
        (
            .nameServer(listening: [7, 9]),
            "name the server's own process with --pid; process 7, 9 listens on that port"
        ),
        (
            .nameStarter,
            "a server that restarts itself is checked by the process that starts it, whose descendants are read as well: "
                + "name that with --pid"
        ),
        (.checkRunning([]), "check it by URL and --pid"),
        (.checkRunning([7, 9]), "check process 7, 9 by URL and --pid"),
        (
            .giveTimeToStart,
            "pass the port it uses in the URL, or {port} in the command, and give a slow starter more with --start-limit"
        ),
        (.correctPath, "correct the path, in the URL or with --path"),
        (.showCredentials(orOrigin: false), "give the credentials, with --header or --query"),
        (
            .showCredentials(orOrigin: true),
            "give the credentials (--header, --query) or the --origin that it lets in"
        ),
        (.changeRequest, "see --subprotocol, --header, --query and --path"),
        (.lowerConcurrency, "lower --concurrency"),
        (.giveMoreTime, "so slow a target needs a longer --budget, or more --concurrency"),
        (.traceOpening, "watertight drive --trace shows all that is said"),
    ]

    @Test("each remedy", arguments: table)
    func remedy(remedy: Remedy, words: String) {
        #expect(remedy.words == words)
        #expect(
            ("nothing works\(remedies: remedy)" as Problem).description == "nothing works", "a library says no more")
    }

    @Test("several are a choice, and the sign before them says how they follow")
    func choice() {
        let (one, two, three) = (Remedy.outside("a"), Remedy.outside("b"), Remedy.goWithoutHeap)
        for (problem, words) in [
            ("x\(remedies: one)", "x: a"), ("x\(remedies: one, two)", "x: a, or b"),
            ("x\(remedies: one, two, three)", "x: a, b, or go without with --heap none"),
            ("x: y\(remedies: one, two, after: .remark)", "x: y; a, or b"),
            ("x: y\(remedies: three, after: .alternative)", "x: y; or go without with --heap none"),
            ("not read: \("x\(remedies: one)" as Problem); z", "not read: x: a; z"),
            ("\(probe: "node") suits nobody", "--heap node suits nobody"), ("", ""),
        ] as [(Problem, String)] {
            #expect(problem.words == words)
        }
    }
}
