import LeakReports
import LeakStatistics
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
        for columns in [20, 40, 60, 80, 120, 200] {
            var line = ProgressLine()
            let text = line.render(
                progress(31.7, connections: 123_456, memory: 7_000_000), budgetSeconds: 60, columns: columns)
            #expect(text.hasPrefix(ProgressLine.erasure + "3 of 5"))
            #expect(text.dropFirst(ProgressLine.erasure.count).count < columns)
            // What does not fit is left out whole.
            #expect(columns < 60 || text.contains("3 of 5  driving again vanish-handshake  29 of 60 s left"), "\(text)")
        }
    }

    @Test("what is suspected takes the place of the memory")
    func suspects() {
        var progress = progress(30, connections: 100, memory: 7_000_000, lifecycle: "fin")
        progress.phase = .pause
        progress.suspects = [.init(lifecycle: "fin", amounts: [.descriptors: 1], secondsLeft: 41.2)]
        var line = ProgressLine()
        #expect(
            line.render(progress, budgetSeconds: 60, columns: 120).hasPrefix(
                ProgressLine.erasure
                    + "3 of 5  resting fin  30 of 60 s left  suspected: fin 1.00 descriptors, 42 s to rest"))
    }

    @Test("a row is printed when it is decided, with what leaks or what could not be judged")
    func finished() {
        var progress = progress(30, connections: 100, memory: 7_000_000)
        #expect(ProgressLine.finished(progress, usesColour: false) == nil)
        progress.finished = sampleResult.rows[0]
        #expect(
            ProgressLine.finished(progress, usesColour: false)
                == ProgressLine.erasure + "leak          fin  0.60 descriptors\n")
        #expect(DecidedRow(sampleResult.rows[1], usesColour: false).line == "inconclusive  reset/open  descriptors")
        var clean = sampleResult.rows[1]
        clean.resources.removeFirst()
        #expect(DecidedRow(clean, usesColour: false).line == "clean         reset/open")
        #expect(DecidedRow(clean, usesColour: true).line.hasPrefix("\u{1B}[32mclean\u{1B}[0m"))
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
                + "3 of 5  driving again vanish-handshake  53 of 60 s left  500/s  15.0 MiB private ▁▂▃▄▅▆▇█  "
                + "3500 connections")
        text = line.render(
            progress(9, connections: 3500, memory: 4 << 20, lifecycle: "fin"), budgetSeconds: 60, columns: 200)
        #expect(text.contains("4.0 MiB private ▁  3500"), "another lifecycle begins anew")
    }
}
