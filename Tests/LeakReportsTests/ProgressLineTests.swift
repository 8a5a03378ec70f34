import LeakReports
import Testing

@testable import LeakCheck

@Suite("Progress line")
struct ProgressLineTests {
    private func progress(_ seconds: Double, connections: Int, memory: Int, lifecycle: String = "vanish-handshake")
        -> LeakCheck.Progress
    {
        LeakCheck.Progress(
            lifecycle: lifecycle, phase: .confirm, connections: connections, privateMemory: memory, seconds: seconds,
            decided: 3, rows: 5)
    }

    @Test func fitsTheTerminal() {
        for columns in [20, 40, 80, 200] {
            var line = ProgressLine()
            let text = line.render(
                progress(31.7, connections: 123_456, memory: 7_000_000), budgetSeconds: 60, columns: columns)
            #expect(text.hasPrefix(ProgressLine.erasure))
            #expect(text.dropFirst(ProgressLine.erasure.count).count < columns)
        }
    }

    @Test("the lifecycle, connections, rate, memory with its course, what is left")
    func whole() {
        var line = ProgressLine()
        var text = ""
        for second in 0..<8 {
            text = line.render(
                progress(Double(second), connections: 500 * second, memory: (8 + second) << 20), budgetSeconds: 60,
                columns: 200)
        }
        #expect(
            text == ProgressLine.erasure
                + "driving again vanish-handshake  3500 connections  500/s  15.0 MiB private ▁▂▃▄▅▆▇█  53 of 60 s left  "
                + "3 of 5 decided")
        text = line.render(
            progress(9, connections: 3500, memory: 4 << 20, lifecycle: "fin"), budgetSeconds: 60, columns: 200)
        #expect(text.contains("4.0 MiB private ▁  51 of"), "another lifecycle begins anew")
    }
}
