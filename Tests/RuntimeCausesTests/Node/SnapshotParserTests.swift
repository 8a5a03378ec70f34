import Testing

@testable import Causes
@testable import RuntimeCauses

@Suite("V8's heap snapshots, as text")
struct SnapshotParserTests {
    private static let sample: SnapshotText = {
        var snapshot = SnapshotText()
        let map = snapshot.object("object", "Map \"é\" \\ 😀", bytes: 40, at: (7, 12))
        let session = snapshot.object("object", "Session", bytes: 24)
        snapshot.edge(0, "element", "3", map)
        snapshot.edge(map, "property", "first", session)
        return snapshot
    }()

    private static func check(_ graph: HeapGraph) {
        #expect(graph.count == 3)
        #expect(graph.strings[graph.name(of: 1)] == "Map \"é\" \\ 😀")
        #expect(graph.kind(of: 0) == .synthetic && graph.kind(of: 2) == .object)
        #expect(graph.bytes(of: 1) == 40 && graph.bytes(of: 2) == 24)
        #expect(graph.edges(of: 0) == 0..<1 && graph.edges(of: 1) == 1..<2 && graph.edges(of: 2).isEmpty)
        let edge = graph.edge(1)
        #expect(edge.kind == .property && graph.strings[edge.name] == "first" && edge.target == 2)
        #expect(graph.location(of: 1)?.line == 12 && graph.location(of: 1)?.script == 7)
        #expect(graph.location(of: 2) == nil && graph.lastScript == 7)
    }

    @Test("it is read in any cut")
    func cuts() throws {
        let text = Self.sample.text
        Self.check(try parse(text))
        for cut in 0...text.utf8.count { Self.check(try parse(text, cuts: [cut])) }
        Self.check(try parse(text, cuts: Array(0..<text.utf8.count)))
    }

    @Test("a text that is cut off is none")
    func prefixes() {
        let text = Self.sample.text
        for count in 0..<text.utf8.count {
            #expect(throws: SnapshotFailure.self) {
                try parse(String(decoding: text.utf8.prefix(count), as: UTF8.self))
            }
        }
    }

    @Test(
        "a text that is no snapshot says why",
        arguments: [
            ("\"nodes\":[6,0,1", "\"nodes\":[6,0,x", "in place of a number"),
            ("\"nodes\":[6,0,1", "\"nodes\":[6,,1", "lacks a number"),
            ("\"nodes\":[6,0,1", "\"nodes\":[6,0,1,1", "a row of a table is cut off"),
            ("\"nodes\":[6", "\"nodes\":[99", "an object has no name"),
            ("\"edges\":[1,3,7", "\"edges\":[1,3,7000", "an edge leads nowhere"),
            ("\"edges\":[1,3,7", "\"edges\":[1,3,7,1,3,7", "more edges"),
            ("\"edges\":[1,3,7\n,", "\"edges\":[", "fewer edges"),
            ("\"locations\":[7", "\"locations\":[7000", "a location has no object"),
            ("\"self_size\"", "\"size\"", "no field self_size"), ("{\"meta\"", "{\"beta\"", "layout cannot be read"),
            ("{\"snapshot\"", "[\"snapshot\"", "has \"[\" where none may be"),
            ("\"strings\":[", "\"strings\":7[", "its strings is no table"),
            ("\"snapshot\":", "\"snap\":", "its nodes come before their layout"),
        ])
    func malformed(part: String, other: String, words: String) {
        let text = Self.sample.text.replacing(part, with: other)
        #expect(text != Self.sample.text)
        let failure = #expect(throws: SnapshotFailure.self) { try parse(text) }
        #expect(failure?.description.contains(words) == true, "\(failure?.description ?? "")")
    }

    @Test(
        "a string of JSON is read in any cut",
        arguments: [
            (#"a\n\t\"\\\/b"#, "a\n\t\"\\/b"), (#"\u00e9\u20ac"#, "é€"), (#"\ud83d\ude00!"#, "😀!"),
            (#"\ud83dx"#, "\u{FFFD}x"), (#"\ud83d"#, "\u{FFFD}"), (#"\ud83d\ud83d\ude00"#, "\u{FFFD}😀"),
            (#"\ude00"#, "\u{FFFD}"), ("é", "é"), ("", ""),
        ])
    func strings(escaped: String, plain: String) {
        let bytes = Array((escaped + "\"rest").utf8)
        for cut in 0...escaped.utf8.count {
            var string = JSONStringBytes()
            var text: [UInt8] = []
            var end: Int?
            bytes.withUnsafeBytes { bytes in
                #expect(string.append(bytes[..<cut], to: &text) == nil)
                end = string.append(bytes[cut...], to: &text)
            }
            #expect(String(decoding: text, as: UTF8.self) == plain)
            #expect(end == escaped.utf8.count + 1)
        }
    }

    @Test("a message's chunk is taken out of it, and other messages have none")
    func chunks() {
        func chunk(_ message: String) -> String? {
            var text: [UInt8] = [1]
            let isChunk = Array(message.utf8).withUnsafeBytes { SnapshotChunk.read($0, into: &text) }
            return isChunk ? String(decoding: text, as: UTF8.self) : nil
        }
        let opening = #"{"method":"HeapProfiler.addHeapSnapshotChunk","params":{"chunk":""#
        #expect(chunk(opening + #"{\"snapshot\"\n"}}"#) == "{\"snapshot\"\n")
        #expect(chunk(opening + "cut off") == nil)
        #expect(chunk(#"{"method":"Debugger.scriptParsed","params":{}}"#) == nil)
    }
}
