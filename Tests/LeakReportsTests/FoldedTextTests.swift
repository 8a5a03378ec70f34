import Testing

@testable import LeakReports

@Suite("Text folded for a terminal")
struct FoldedTextTests {
    @Test("what fits stays, and what does not has each fact on a line")
    func facts() {
        #expect(FoldedText.lines("short; and so", columns: 40) == ["short; and so"])
        #expect(
            FoldedText.lines("fin: each connection leaves one; 9 connections take all; it was kept", columns: 40) == [
                "fin: each connection leaves one", "  9 connections take all", "  it was kept",
            ])
    }

    @Test("a long fact goes on below itself, and no word is cut")
    func words() {
        #expect(
            FoldedText.lines("  one two three four five six; seven eight nine ten eleven", columns: 20) == [
                "  one two three four", "    five six", "    seven eight nine", "      ten eleven",
            ])
        #expect(FoldedText.lines(String(repeating: "x", count: 50), columns: 20) == [String(repeating: "x", count: 50)])
    }

    @Test("escapes take no room, and no line is longer than the terminal", arguments: [60, 80, 120])
    func report(columns: Int) {
        let red = "\u{1B}[31maaaa bbbb cccc dddd\u{1B}[0m"
        #expect(FoldedText.lines(red, columns: 20) == [red])
        let text = TextReport(sampleResult, usesColour: false, columns: columns).render()
        let whole = TextReport(sampleResult, usesColour: false).render()
        for line in text.split(separator: "\n")
        where !line.contains("reproduce:") && !line.contains("  clean ") && !line.hasPrefix("lifecycle ") {
            #expect(line.count <= columns, "\(line)")
        }
        let words = { (text: String) in text.replacing(";", with: "").split { $0.isWhitespace } }
        #expect(words(text) == words(whole))
    }
}
