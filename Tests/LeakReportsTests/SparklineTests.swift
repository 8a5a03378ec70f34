import LeakReports
import Testing

@Suite("Sparkline")
struct SparklineTests {
    private func line(_ values: [Double], capacity: Int = 20) -> Sparkline {
        var line = Sparkline(capacity: capacity)
        for value in values { line.append(value) }
        return line
    }

    @Test(
        "the lowest shown is the lowest bar, the highest the highest",
        arguments: [
            ([], ""), ([5], "▁"), ([5, 5, 5], "▁▁▁"), ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"), ([-3, 11, -3], "▁█▁"),
        ] as [([Double], String)])
    func scale(values: [Double], text: String) {
        #expect(line(values).render(width: 20) == text)
    }

    @Test("only the last values are kept, and of these as many shown as there is room for")
    func window() {
        let line = line([1000, 1, 2, 3], capacity: 3)
        #expect(line.render(width: 10) == "▁▅█")
        #expect(line.render(width: 2) == "▁█")
        #expect(line.render(width: 0).isEmpty && line.render(width: -5).isEmpty)
    }

    @Test("noise below the resolution is flat")
    func resolution() {
        #expect(line([100, 104, 102]).render(width: 10, resolution: 4) == "▁▁▁")
        #expect(line([100, 105, 102]).render(width: 10, resolution: 4) == "▁█▄")
    }
}
