import Environments
import LeakCheck
import Lifecycles
import Targets

extension CheckCommand {
    /// The command that checks one row alone, with the same seed, quoted for a shell.
    func reproducer(of lifecycle: Lifecycle, seed: UInt64) -> String {
        var words = ["watertight", "check"] + rows.words(for: lifecycle)
        if lifecycle.isCompressed { words += ["--compression", "on"] }
        words += ["--seed", "\(seed)"]
        if let budget {
            words += ["--budget", DurationText.format(budget.duration)]
        } else if profile != .default {
            words += ["--profile", profile.rawValue]
        }
        if let hold { words += ["--hold", DurationText.format(hold.duration)] }
        if let pause { words += ["--pause", DurationText.format(pause.duration)] }
        if concurrency != Self.defaultConcurrency { words += ["--concurrency", "\(concurrency)"] }
        for pid in target.pids { words += ["--pid", "\(pid)"] }
        if let cgroup = target.cgroup { words += ["--cgroup", cgroup.name] }
        if let path = peers.path { words += ["--path", path] }
        for query in peers.queries { words += ["--query", query] }
        words += peers.opening.words
        for name in peers.subprotocols { words += ["--subprotocol", name] }
        if let origin = peers.origin { words += ["--origin", origin] }
        words += peers.tls.words
        for template in target.heap { words += ["--heap", template.text] }
        if target.startLimit != CheckedTarget.defaultStartLimit {
            words += ["--start-limit", target.startLimit.defaultValueDescription]
        }
        if let environment = environment.environment { words += ["--environment", environment.rawValue] }
        for setting in environment.settings { words += ["--set", "\(setting.name)=\(setting.value)"] }
        if let config = environment.config { words += ["--config", config] }
        for allowance in known.allowances { words += ["--allow", allowance.text] }
        var line = ShellText.quoted(words)
        for header in peers.headers { line += " --header \(Self.quoted(header))" }
        if let url = target.url { line += " " + ShellText.quoted([url]) }
        if !target.command.isEmpty { line += " -- " + ShellText.quoted(target.command) }
        return line
    }

    /// An entry of the record, which knows of rows but not of the command line.
    func withReproducers(_ entry: CheckRecord.Entry, seed: UInt64) -> CheckRecord.Entry {
        guard case .header(var header) = entry else { return entry }
        for index in header.rows.indices {
            header.rows[index].reproducer = header.rows[index].resolved.map { reproducer(of: $0, seed: seed) }
        }
        return .header(header)
    }

    /// The record's file, where one is wanted.
    func openedRecord() throws -> RecordFile? { try record.map(RecordFile.forOption) }

    /// A field as a shell takes it. A report is passed on, so that a secret's place is taken by a variable to set.
    private static func quoted(_ field: FieldArgument) -> String {
        let name = field.name.lowercased()
        let isSecret = ["authorization", "cookie", "token", "key", "secret"].contains { name.contains($0) }
        guard isSecret else { return ShellText.quoted(["\(field.name): \(field.value)"]) }
        let variable = field.name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? String($0) : "_" }
        return "\"\(field.name): $\(variable.joined())\""
    }
}
