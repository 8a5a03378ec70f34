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

    /// Opens the file; throws `ReportFile.Failure`.
    init(_ name: String) throws(ReportFile.Failure) {
        state = Locked(State(file: try ReportFile(name)))
    }

    /// The file that `--record` names.
    static func forOption(_ name: String) throws -> RecordFile {
        do {
            return try RecordFile(name)
        } catch {
            throw ValidationError("--record: \(error)")
        }
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
