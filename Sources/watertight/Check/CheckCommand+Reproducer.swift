import Environments
import LeakCheck
import Lifecycles
import Targets

extension CheckCommand {
    /// The command that checks one row alone, with the same seed, quoted for a shell.
    func reproducer(of lifecycle: Lifecycle, seed: UInt64) -> String {
        var words = ["watertight", "check"] + rows.words(for: lifecycle) + peers.lines.words
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
        words += peers.words
        for template in target.heap { words += ["--heap", template.text] }
        if target.startLimit != CheckedTarget.defaultStartLimit {
            words += ["--start-limit", target.startLimit.defaultValueDescription]
        }
        if let environment = environment.environment { words += ["--environment", environment.rawValue] }
        for setting in environment.settings { words += ["--set", "\(setting.name)=\(setting.value)"] }
        if let config = environment.config { words += ["--config", config] }
        for allowance in known.allowances { words += ["--allow", allowance.text] }
        var line = ShellText.quoted(words)
        line += peers.fieldWords
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
    func openedRecord() throws -> RecordFile? { try record.map { try RecordFile.forOption($0) } }
}
