import Glibc
import SystemCalls

/// A file that will hold a report, open since before there was anything to report.
///
/// Unless told to keep what it holds, it is emptied at once, so that the report of an earlier run is never taken for this one's, and removed where nothing
/// comes to be written.
final class ReportFile {
    private let name: String
    private let descriptor: OwnedDescriptor
    private let keepsContents: Bool
    private var isWritten = false

    /// Why a file cannot be written.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Opens the file for writing; what it holds stays until the first write if it `keepsContents`.
    init(_ name: String, keepsContents: Bool = false) throws(Failure) {
        let number = open(name, O_WRONLY | O_CREAT | (keepsContents ? 0 : O_TRUNC) | O_CLOEXEC, 0o666)
        guard number >= 0 else {
            throw Failure(description: "cannot write \"\(name)\": \(String(cString: strerror(errno)))")
        }
        self.name = name
        self.keepsContents = keepsContents
        descriptor = OwnedDescriptor(owning: number)
    }

    deinit {
        var status = stat()
        guard !isWritten, fstat(descriptor.rawValue, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFREG && status.st_size == 0 { unlink(name) }
    }

    /// Appends `text`, whole or with an error.
    func write(_ text: String) throws(Failure) {
        if keepsContents && !isWritten { _ = ftruncate(descriptor.rawValue, 0) }
        isWritten = true
        if let failure = WholeWrite.write(text, to: descriptor.rawValue) {
            throw Failure(description: "cannot write \"\(name)\": \(String(cString: strerror(failure)))")
        }
    }
}
