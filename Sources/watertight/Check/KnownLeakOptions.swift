import ArgumentParser
import LeakCheck
import LeakReports
import Lifecycles
import SystemCalls

/// The leaks that are accepted, and where the present ones are written.
struct KnownLeakOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "JSON file of accepted leaks: they are reported, and do not fail the check.", valueName: "file"))
    var knownLeaks: String?
    @Option(
        help: ArgumentHelp(
            "Write the present leaks as accepted ones, for --known-leaks; it may be the same file.", valueName: "file"))
    var writeKnownLeaks: String?
    @Option(
        name: .customLong("allow"),
        help: ArgumentHelp(
            "What a connection may leave, as fin:descriptors=0.5 or, in every lifecycle, privateMemory=200B; repeatable.",
            discussion: "A leak of as much is reported, and does not fail the check.",
            valueName: "[lifecycle:]resource=amount"), transform: Allowance.init)
    var allowances: [Allowance] = []

    /// A list that people write and read.
    private static let maximumBytes = 1 << 20

    func validate() throws {
        if writeKnownLeaks.map({ $0.isEmpty || $0 == "-" }) == true {
            throw ValidationError("--write-known-leaks writes to a file: give its name")
        }
    }

    /// The accepted leaks; none without a file.
    func entries() throws -> [KnownLeak] {
        guard let name = knownLeaks else { return [] }
        do {
            return try KnownLeaksFile.read(try FileContents.bytes(of: name, atMost: Self.maximumBytes))
        } catch let failure as KnownLeaksFile.Failure {
            throw ValidationError("--known-leaks: \(name): \(failure)")
        } catch {
            throw ValidationError("--known-leaks: \(error)")
        }
    }

    /// The entries of the file, and what is allowed in a check of `lifecycles`. The first that fits holds: the file's, then
    /// that of a lifecycle, then that of all.
    func entries(of lifecycles: [Lifecycle]) throws -> [KnownLeak] {
        try entries() + allowances.filter { $0.lifecycle != nil }.flatMap { try $0.entries(of: lifecycles) }
            + allowances.filter { $0.lifecycle == nil }.flatMap { try $0.entries(of: lifecycles) }
    }

    /// The file for the present leaks, found to be writable before anything is measured; what it holds stays until then.
    func opened() throws -> ReportFile? {
        guard let name = writeKnownLeaks else { return nil }
        do {
            return try ReportFile(name, keepsContents: true)
        } catch {
            throw ValidationError("--write-known-leaks: \(error)")
        }
    }

    /// Writes the leaks of `result` to `file`, with what `entries` said of them.
    static func write(_ result: CheckResult, keeping entries: [KnownLeak], to file: ReportFile) throws {
        guard result.interruption == nil else {
            return StandardError.print("watertight: the known leaks were not written: the check was ended early")
        }
        try file.write(try KnownLeaksFile.render(result.knownLeaks(keeping: entries)))
    }
}
