import Environments

extension FleetCommand {
    /// The command that asks the same again, of the time that is then the last; quoted for a shell. The token stays in the
    /// environment.
    var reproducer: String {
        var words = ["watertight", "fleet", url ?? ""]
        for (option, value) in [
            ("--select", select), ("--since", sinceText), ("--connections", connections),
            ("--open", open), ("--by", by), ("--baseline", baseline), ("--seed", seed == 1 ? nil : "\(seed)"),
            ("--cacert", prometheus.cacert),
        ] {
            if let value { words += [option, value] }
        }
        if prometheus.insecure { words.append("--insecure") }
        return ShellText.quoted(words)
    }

    /// How far back, in days where they are whole.
    private var sinceText: String {
        let days = since.duration.components.seconds / 86_400
        return .seconds(days * 86_400) == since.duration ? "\(days)d" : DurationText.format(since.duration)
    }
}
