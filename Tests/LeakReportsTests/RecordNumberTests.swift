import LeakStatistics
import Lifecycles
import Testing

@testable import LeakCheck
@testable import LeakReports

/// Records whose numbers are nonsense: each is refused, or rendered, and never ends the program.
@Suite("Numbers of a record")
struct RecordNumberTests {
    /// A record with an end and a gauge of the target's own, whose every kind of line has numbers.
    private func lines() throws -> [String] {
        var lines = try RecordTests().lines()
        var result = try RecordReader.read(Array(lines.joined().utf8)).judged()
        result.rows[0].resources[0].reason = .kept(pauseSeconds: 75, connections: 2300, isChosen: false)
        result.rows[0].resources[1].reason = .fewCompleted(share: 0.5, problem: nil)
        result.rows[0].resources[2].reason = .roomAtStart(bound: 600, bytes: 4_000_000)
        result.rows[1].resources[0].reason = .limited(.memory(bytes: 1 << 30), then: .released(seconds: 10.5))
        result.rows[1].resources[1].reason = .restUnconfirmed(perConnection: 12, pauseSeconds: 75)
        result.rows[1].resources[2].reason = .tooFewConnections(connections: 3, seconds: 61, held: 2)
        lines.append(try RecordLine.render(.end(CheckRecord.End(result))))
        return lines
    }

    /// What is wrong with a record, once every report of it has been rendered; nil for one that is right.
    private func problem(_ text: String) throws -> RecordReader.Failure? {
        let record: CheckRecord
        do throws(RecordReader.Failure) {
            record = try RecordReader.read(Array(text.utf8))
        } catch {
            return error
        }
        for result in [record.recorded, record.judged()] {
            _ = TextReport(result, usesColour: false).render() + HTMLReport.render(result)
            _ = MarkdownReport.render(result) + JUnitReport.render(result) + OpenMetricsReport.render(result)
            _ = try JSONReport.render(result) + GitHubAnnotations.render(result)
        }
        return nil
    }

    @Test("a number out of range is named with its line and its key")
    func outOfRange() throws {
        let lines = try lines()
        for (text, key) in [
            ("\"smallestDetectable\":1e308,", "smallestDetectable"), ("\"interval\":[-1e16,0],", "interval"),
            ("\"perConnection\":9007199254740993,", "perConnection"),
        ] {
            var changed = lines
            let end = "\"findings\":[[{"
            #expect(changed[lines.count - 1].contains(end))
            changed[lines.count - 1].replace(end, with: end + text, maxReplacements: 1)
            let failure = try #require(try problem(changed.joined()))
            #expect(failure.line == lines.count, "\(failure)")
            #expect(failure.problem.contains("\"\(key)\"") && failure.problem.contains("out of range"), "\(failure)")
        }
        #expect(try problem(lines.joined()) == nil)
    }

    @Test("states of sockets have their present names, also in the records of earlier versions")
    func formerStates() throws {
        let text = try lines().joined()
        #expect(text.contains("CLOSE_WAIT"))
        let former = text.replacing("CLOSE_WAIT", with: "NO_ROW")
        let record = try RecordReader.read(Array(former.utf8))
        for result in [record.recorded, record.judged()] {
            #expect(result.rows[0].resources[0].tcpStates == ["UNLISTED": 2300])
        }
        #expect(try RecordReader.read(Array(text.utf8)).recorded.rows[0].resources[0].tcpStates == ["CLOSE_WAIT": 2300])
    }

    @Test("a seed may be any number of 64 bits")
    func seed() throws {
        let text = try lines().joined().replacing("\"seed\":7", with: "\"seed\":18446744073709551615")
        #expect(text.contains("18446744073709551615"))
        #expect(try problem(text) == nil)
    }

    @Test("numbers in texts are no numbers")
    func texts() throws {
        let text = try lines().joined().replacing("\"a note\"", with: #""a \"key\": 1e308 \\", "x:1e999""#)
        #expect(try problem(text) == nil)
    }

    private static let extremes = [
        "0", "-1", "1", "1e-320", "-1e-320", "1e15", "-1e15", "999999999999999", "1e16", "1e308", "-1e308",
        "9223372036854775807", "-9223372036854775808", "0.1", "1e999",
    ]

    @Test("whatever takes the place of a number, the record is refused with its line or rendered", arguments: extremes)
    func fuzzed(extreme: String) throws {
        let lines = try lines()
        // The header, samples before, in and after the pause, facts, and the end.
        for index in [0, 1, 2, 29, 31, 33, lines.count - 2, lines.count - 1] {
            for number in lines[index].matches(of: /[:\[,](-?[0-9][0-9.eE+\-]*)/) {
                var changed = lines
                changed[index].replaceSubrange(number.1.startIndex..<number.1.endIndex, with: extreme)
                if let failure = try problem(changed.joined()) { #expect((1...lines.count).contains(failure.line)) }
            }
        }
    }

    @Test("a bound beyond all bounds is written and read back, not lost with the whole report")
    func infinite() throws {
        var result = try RecordReader.read(Array(lines().joined().utf8)).recorded
        result.rows[0].resources[0].reason = .noisy(bound: .infinity)
        #expect(try JSONReport.render(result).contains("\"Infinity\""))
        let end = try RecordLine.render(.end(CheckRecord.End(result)))
        let record = try RecordReader.read(Array((lines().dropLast() + [end]).joined().utf8))
        #expect(record.recorded.rows[0].resources[0].reason == .noisy(bound: .infinity))
    }

    @Test("findings on other resources than the header's are refused")
    func otherResources() throws {
        let lines = try lines()
        let last = lines[lines.count - 1].replacing("\"resource\":\"threads\"", with: "\"resource\":\"heads\"")
        let failure = try #require(try problem((lines.dropLast() + [last]).joined()))
        #expect(failure.line == lines.count && failure.problem.contains("other resources"))
    }
}

@Suite("Amounts beyond all measure")
struct ExtremeAmountTests {
    private static let extremes: [Double] = [
        .nan, .infinity, -.infinity, 1e308, -1e308, 1e15, -1e15, 9.3e18, 0, -0.0, .leastNonzeroMagnitude,
    ]

    @Test("every way to write an amount writes something", arguments: extremes)
    func amounts(value: Double) {
        for resource in [Resource.descriptors, .privateMemory] {
            #expect(!Amount.text(value, resource).isEmpty)
            #expect(!Amount.bound(value, resource).isEmpty)
            if !value.isNaN { #expect(!Amount.range(min(value, 0)...max(value, 0), resource).isEmpty) }
        }
        #expect(!Amount.whole(value).isEmpty && !Amount.seconds(value).isEmpty && !Amount.clock(value).isEmpty)
        #expect(!Amount.level(value, isMemory: true).isEmpty && !Amount.change(value, isMemory: false).isEmpty)
    }

    @Test("amounts that can be told apart are written as ever")
    func ordinary() {
        #expect(Amount.whole(1_048_576) == "1,048,576" && Amount.whole(-1234.5) == "-1,235")
        #expect(Amount.count(0.6) == "0.60" && Amount.bytes(12_345) == "12.1 KiB")
    }

    @Test("an axis has a few ticks and every value a pixel", arguments: extremes, extremes)
    func axes(one: Double, other: Double) {
        let (low, high) = (min(one, other), max(one, other))
        guard low <= high else { return }
        for unit in [Axis.Unit.connections, .units("descriptors"), .bytes] {
            let axis = Axis(low...high, pixels: (0, 100), unit: unit)
            #expect(axis.ticks.count < 20)
            for value in Self.extremes { #expect(axis.pixel(value).isFinite && axis.bounded(value).isFinite) }
            _ = Self.extremes.map(axis.text)
        }
    }

    @Test("a sparkline has a bar for every value")
    func sparkline() {
        var line = Sparkline(capacity: 20)
        for value in Self.extremes { line.append(value) }
        #expect(line.render(width: 20).count == Self.extremes.count)
    }
}
