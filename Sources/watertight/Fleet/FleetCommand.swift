import ArgumentParser
import Fleet
import Glibc
import LeakReports
import Prometheus
import SystemCalls

/// `watertight fleet`: a verdict on a service in production, from what Prometheus has of its pods.
struct FleetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Judge a service in production from what Prometheus has of its pods.",
        usage: """
            watertight fleet [options] PROMETHEUS
            watertight fleet --rules | --dashboard
            """,
        discussion: """
            Asks Prometheus how many connections each pod has accepted, and what it held: descriptors, threads, heap and \
            memory, as process_*, nodejs_*, jvm_*, go_* and the metrics of watertight serve and watch have them. It says \
            for each resource whether each connection leaves something behind, and how much, and the day on which the \
            first pod reaches its limit.

              watertight fleet http://prometheus:9090 --select 'job="chat"' --since 7d
              watertight fleet http://prometheus:9090 --select 'job="chat"' --by version --baseline 'version="1.4.2"'

            A leak is called one only if growth follows the connections that a pod accepted and not the hours, in pods \
            with unequal shares, if it stayed through two quiet times, and if open connections, caches and warming up do \
            not explain it. With --baseline, only what those pods do not do as well counts.

            \(PrometheusOptions.tokenVariable) in the environment is sent as a bearer token.

            Inside GitHub Actions leaks become annotations, and the job's summary gets the Markdown. What was read until an \
            interruption, or until Prometheus was lost, is judged and reported.

            Exit codes: 0 clean, 1 leak, 2 inconclusive, 64 wrong arguments or nothing that they select, 69 Prometheus \
            cannot be reached, refuses or was lost on the way, 70 internal error, 130 interrupted.
            """)

    @Option(
        help: ArgumentHelp(
            "Matchers of labels that select the pods, as in job=\"chat\",namespace=\"live\". Default: all.",
            valueName: "matchers"))
    var select: String?
    @Option(help: "How far back to look: 12h, 7d. At most 90d.")
    var since = DurationArgument(.seconds(7 * 86_400))
    @Option(
        help: ArgumentHelp(
            "Counter of accepted connections, perhaps with matchers in braces. Default: one that is known.",
            valueName: "metric"))
    var connections: String?
    @Option(
        help: ArgumentHelp(
            "Gauge of open connections, perhaps with matchers in braces. Default: one that is known.",
            valueName: "metric"))
    var open: String?
    @Option(help: ArgumentHelp("Label by which pods are grouped, as in version.", valueName: "label"))
    var by: String?
    @Option(
        help: ArgumentHelp(
            "Pods with which the others are compared, as in version=\"1.4.2\".", valueName: "matcher"))
    var baseline: String?
    @Option(help: "Draw the resamples of pods from this number.")
    var seed: UInt64 = 1
    @OptionGroup(title: "Prometheus")
    var prometheus: PrometheusOptions
    @OptionGroup(title: "Reports")
    var reports: FleetReportOptions
    @Flag(help: "Print recording and alert rules for Prometheus, and end.")
    var rules = false
    @Flag(help: "Print a dashboard for Grafana, and end.")
    var dashboard = false
    @Argument(help: ArgumentHelp("The URL of Prometheus.", valueName: "PROMETHEUS"))
    var url: String?

    func validate() throws {
        if rules && dashboard {
            throw ValidationError("--rules and --dashboard both print to stdout: give one of them")
        }
        if rules || dashboard {
            if (connections ?? "").contains("{") || (open ?? "").contains("{") {
                throw ValidationError("rules and dashboard need the names of metrics alone, without braces")
            }
            if url != nil {
                throw ValidationError("\(rules ? "--rules" : "--dashboard") asks no Prometheus: leave the URL out")
            }
            return
        }
        guard url != nil else {
            throw ValidationError("nothing to ask: give the URL of Prometheus, as in http://127.0.0.1:9090")
        }
        if since.duration < .seconds(3600) || since.duration > .seconds(90 * 86_400) {
            throw ValidationError("--since must be 1h to 90d")
        }
        for (option, metric) in [("--connections", connections), ("--open", open)] {
            guard let metric, !Self.isMetric(metric) else { continue }
            throw ValidationError(
                "\(option) \"\(metric)\" is no metric: write its name, and matchers in braces where it needs some")
        }
        if let baseline, LabelMatcher(baseline) == nil {
            throw ValidationError("--baseline \"\(baseline)\" is no matcher: write it as in version=\"1.4.2\"")
        }
        if baseline != nil && by == nil {
            // Without groups there would be one, of what is compared and what it is compared with.
            throw ValidationError("--baseline compares groups: say by which label with --by")
        }
    }

    /// What rules and dashboard are made for unless told otherwise.
    private static let (ownConnections, ownOpen) = ("watertight_connections_accepted_total", "watertight_connections")

    private static func isMetric(_ text: String) -> Bool {
        let name = text.prefix { $0 != "{" }
        let rest = text.dropFirst(name.count)
        return !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_:".contains($0)) }
            && (rest.isEmpty || rest.last == "}")
    }

    func run() async throws {
        if rules || dashboard {
            let connections = connections ?? Self.ownConnections
            let open = open ?? Self.ownOpen
            StandardOutput.write(
                rules
                    ? FleetRules.rules(connections: connections, open: open)
                    : FleetRules.dashboard(connections: connections, open: open))
            return
        }
        let configuration = try prometheus.configuration(url ?? "")
        let plan = plan
        let files = try reports.opened()
        let begin = MonotonicTime.now
        var result = try await Interruption().value {
            let cancelled = Locked(false)
            return try await withTaskCancellationHandler {
                // Asking blocks, so it is done on a thread that may.
                try await Thread.run("prometheus") {
                    let server = PrometheusServer(configuration, isCancelled: { cancelled.withLock { $0 } })
                    let progress = FleetProgress()
                    defer { progress.end() }
                    return try FleetRun(plan, server).result { progress.show($0) }
                }.get()
            } onCancel: {
                cancelled.withLock { $0 = true }
            }
        }
        result.durationSeconds = begin.elapsed.inSeconds
        result.reproducer = reproducer
        try files.write(result)
        if let code = Code.of(result) { throw code }
    }

    private var plan: FleetPlan {
        // Whole steps, so that the same question has the same answer for a while.
        let seconds = Double(since.duration.components.seconds)
        var plan = FleetPlan(time: 0..<seconds)
        let end = (Double(time(nil)) / plan.step).rounded(.down) * plan.step
        plan.time = (end - seconds)..<end
        var selector = select ?? ""
        if selector.hasPrefix("{"), selector.hasSuffix("}") { selector = String(selector.dropFirst().dropLast()) }
        plan.selector = selector
        plan.connections = connections
        plan.open = open
        plan.groupLabel = by
        plan.baseline = baseline.flatMap(LabelMatcher.init)
        plan.seed = seed
        return plan
    }
}

/// How much of a fleet has been read, on a terminal.
private struct FleetProgress {
    private let isShown = StandardError.takesEscapes

    func show(_ share: Double) {
        if isShown { StandardError.write("\r\u{1B}[Kreading the fleet: \(Int(share * 100))%") }
    }

    func end() {
        if isShown { StandardError.write("\r\u{1B}[K") }
    }
}
