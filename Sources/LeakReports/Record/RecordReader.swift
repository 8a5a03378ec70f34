public import LeakCheck
import LeakStatistics
import Lifecycles
import Targets

/// Reads a record that a check has written, line by line.
public struct RecordReader {
    /// Why a record cannot be read, and in which line.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The line, counted from 1.
        public var line: Int
        /// What is wrong with it, and what to do.
        public var problem: String

        /// Both.
        public var description: String { "line \(line): \(problem)" }
    }

    private var record: CheckRecord
    /// For each row, by its label, the number of its samples and the connections of the last.
    private var rows: [String: (samples: Int, connections: Int)]
    /// When the last sample was taken.
    private var seconds = 0.0

    /// The record whose text is `bytes`.
    ///
    /// A last line without its newline was being written when the check was killed, and is left out.
    public static func read(_ bytes: [UInt8]) throws(Failure) -> CheckRecord {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // What stands after the last newline: nothing, or what was left unfinished.
        lines.removeLast()
        guard let first = lines.first else {
            throw Failure(
                line: 1,
                problem: "there is no whole line: the check was ended before it could begin, or this is no record")
        }
        var reader = RecordReader(try header(of: first))
        for (index, line) in lines.enumerated().dropFirst() { try reader.add(line, number: index + 1) }
        return reader.record
    }

    private init(_ header: CheckRecord.Header) {
        record = CheckRecord(header: header)
        rows = Dictionary(uniqueKeysWithValues: header.rows.map { ($0.label, (0, 0)) })
        if header.watch != nil { rows[CheckRecord.watchLabel] = (0, 0) }
    }

    private static func header(of line: ArraySlice<UInt8>) throws(Failure) -> CheckRecord.Header {
        let name = CheckRecord.schema.prefix { $0 != "/" }
        guard let schema = RecordLine.schema(of: line), schema.hasPrefix("\(name)/") else {
            throw Failure(
                line: 1, problem: "this is no record of a check: \(FileRemedy.giveRecord)"
            )
        }
        guard schema == CheckRecord.schema else {
            throw Failure(
                line: 1,
                problem: "the record has schema \(schema), and this version reads \(CheckRecord.schema): "
                    + "use the version that wrote it")
        }
        guard case .header(let header) = try entry(of: line, number: 1) else {
            throw Failure(line: 1, problem: "a record begins with its header")
        }
        var seen: Set<String> = []
        for row in header.rows {
            if let script = row.script, row.resolved == nil {
                var problem = "permessage-deflate needs an upgrade"
                do throws(ScriptMistake) {
                    _ = try Lifecycle(name: row.lifecycle, script: script)
                } catch { problem = "\(error)" }
                throw Failure(line: 1, problem: "the script of the row \"\(row.label)\" cannot be read: \(problem)")
            }
            guard row.resolved != nil else {
                throw Failure(
                    line: 1, problem: "this version knows no lifecycle \"\(row.label)\": use the version that wrote it")
            }
            guard seen.insert(row.label).inserted else {
                throw Failure(line: 1, problem: "the row \"\(row.label)\" is named twice")
            }
        }
        return header
    }

    private static func entry(of line: ArraySlice<UInt8>, number: Int) throws(Failure) -> CheckRecord.Entry {
        var entry: CheckRecord.Entry
        do {
            entry = try RecordLine.entry(of: line)
        } catch let error as DecodingError {
            throw Failure(line: number, problem: "this is no line of a record: \(error.reason)")
        } catch {
            throw Failure(line: number, problem: "this is no line of a record: \(error)")
        }
        if let (key, value) = RecordNumbers.firstOutOfRange(in: line) {
            throw Failure(
                line: number,
                problem: "\"\(key)\": \(value) is out of range: no check measures as much, so the record was damaged")
        }
        entry.renameStates()
        return entry
    }

    private mutating func add(_ line: ArraySlice<UInt8>, number: Int) throws(Failure) {
        if record.end != nil {
            throw Failure(
                line: number,
                problem: "nothing may follow the end of a record: two were joined, or one was written to twice")
        }
        let entry = try Self.entry(of: line, number: number)
        if let problem = problem(of: entry) { throw Failure(line: number, problem: problem) }
        switch entry {
        case .header: break
        case .sample(let sample):
            seconds = sample.seconds
            rows[sample.label] = ((rows[sample.label]?.samples ?? 0) + 1, sample.connections)
            record.samples.append(sample)
        case .row(let facts): record.facts[facts.label] = facts
        case .end(let end): record.end = end
        }
    }

    /// Why a line cannot stand here; nil where it can.
    private func problem(of entry: CheckRecord.Entry) -> String? {
        switch entry {
        case .header: return "a second header: two records were joined"
        case .sample(let sample): return problem(of: sample)
        case .row(let facts):
            guard let count = rows[facts.label]?.samples else { return "the header names no row \"\(facts.label)\"" }
            let hasPause = facts.pauseIndex.map { (0..<count).contains($0) } ?? true
            return hasPause ? nil : "the pause stands after a sample that the record does not have"
        case .end(let end):
            if end.findings.count != record.header.rows.count {
                return "there are findings for other rows than the header's"
            }
            let resources = Resource.ofEveryTarget + (record.header.probes?.map(\.resource) ?? [])
            return end.findings.allSatisfy { $0.map(\.resource) == resources }
                ? nil : "there are findings on other resources than the header's"
        }
    }

    private func problem(of sample: CheckResult.Sample) -> String? {
        guard let before = rows[sample.label] else { return "the header names no row \"\(sample.label)\"" }
        if sample.connections < before.connections || !(sample.seconds >= 0) {
            return "the connections of a row only grow"
        }
        let isNegative = "a process holds no less than nothing"
        guard sample.descriptors >= 0 && sample.threads >= 0 && sample.privateMemory >= 0 else { return isNegative }
        guard record.header.watch != nil else { return nil }
        guard sample.seconds > seconds || record.samples.isEmpty else {
            return "the samples of a watch follow each other in time"
        }
        return sample.gauges.values.allSatisfy { $0 >= 0 } && sample.gauges.count <= 1000 ? nil : isNegative
    }
}

extension DecodingError {
    /// What is wrong, with the name of the value it is about.
    var reason: String {
        switch self {
        case .keyNotFound(let key, _): "\"\(key.stringValue)\" is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            context.codingPath.last.map { "\"\($0.stringValue)\": \(context.debugDescription)" }
                ?? context.debugDescription
        @unknown default: "\(self)"
        }
    }
}
