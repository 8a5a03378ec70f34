import ProcessResources
import Testing

@Suite("/proc/PID/limits")
struct OpenFileLimitTests {
    private static func text(_ line: String) -> String {
        ("""
        Limit                     Soft Limit           Hard Limit           Units
        Max processes             1                    2                    processes
        \(line)
        Max locked memory         8388608              8388608              bytes

        """)
    }

    @Test(
        "both limits, or none",
        arguments: [
            ("Max open files            1024                 524288               files", 1024, 524288),
            ("Max open files            1024                 unlimited            files", 1024, nil),
            ("Max open files            unlimited            unlimited            files", nil, nil),
        ] as [(String, Int?, Int?)])
    func limits(line: String, soft: Int?, hard: Int?) throws {
        #expect(try OpenFileLimit(recorded: Self.text(line)) == OpenFileLimit(soft: soft, hard: hard))
    }

    @Test("damage is refused", arguments: ["", "Max open files", "Max open files   1024", "Max open files  x 1 files"])
    func damage(line: String) {
        #expect(throws: ParseFailure.self) { try OpenFileLimit(recorded: Self.text(line)) }
    }
}
