import ArgumentParser
import LeakCheck
import LeakReports
import SystemCalls

/// The file that a check's record goes to, line by line, as the check goes.
final class RecordFile: Sendable {
    /// A record that could not be written to its end.
    struct Incomplete: Error, CustomStringConvertible {
        let description: String
    }

    private let state: Locked<State>

    private struct State {
        var file: ReportFile
        var failure: (any Error)?
    }

    private init(_ file: sending ReportFile) {
        state = Locked(State(file: file))
    }

    /// The file that `--record` names. Where a record is written anew, it `keepsContents` until then.
    static func forOption(_ name: String, keepsContents: Bool = false) throws -> RecordFile {
        do {
            return RecordFile(try ReportFile(name, keepsContents: keepsContents))
        } catch {
            throw ValidationError("--record: \(error)")
        }
    }

    /// Writes a whole record; throws where it could not be written to its end.
    func write(_ entries: [CheckRecord.Entry]) throws(Incomplete) {
        for entry in entries { write(entry) }
        try requireWhole()
    }

    /// Writes one entry; after an error nothing more, because a gap would make a record that lies.
    func write(_ entry: CheckRecord.Entry) {
        state.withLock { state in
            guard state.failure == nil else { return }
            do {
                try state.file.write(try RecordLine.render(entry))
            } catch {
                state.failure = error
            }
        }
    }

    /// Why the record is incomplete; nil when it is not.
    var failure: (any Error)? { state.withLock { $0.failure } }

    /// Throws `Incomplete` where something could not be written.
    func requireWhole() throws(Incomplete) {
        if let failure { throw Incomplete(description: "the record is incomplete: \(failure)") }
    }
}
