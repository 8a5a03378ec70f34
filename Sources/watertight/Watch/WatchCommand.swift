import ArgumentParser
import Glibc
import LeakCheck
import LeakReports
import SystemCalls
import Targets

/// `watertight watch`: the tracker beside a server that others use.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Watch a server's descriptors, sockets, threads and memory under somebody else's traffic.",
        usage: """
            watertight watch [options] --pid PID ...
            watertight watch [options] --cgroup PATH | ID
            watertight watch [options] URL | PORT
            """,
        discussion: """
            Reads the processes and all their descendants at an interval. Without --heap it makes no connection and stops nothing. On a \
            terminal it shows a table in place, otherwise it prints a line for each sample. Ctrl-C, SIGTERM or --duration \
            end it; then it says how each amount has grown in an hour, with a 99% interval.

              watertight watch --pid 4711
              watertight watch 8080 --interval 5s --duration 10m --record watch.record

            With --listen it answers GET /metrics with the last sample, for Prometheus: descriptors by kind, sockets by \
            TCP state with the age of the oldest, threads and memory.

              watertight watch 8080 --listen 9464

            With --heap it reads the live heap, too, from Node's inspector, jcmd, an agent that gdb has CPython take, Go's \
            net/http/pprof or a command or page of yours. Each reading has the target collect its garbage, so those of each --heap take at most a hundredth of the \
            time: one of 20 ms comes every 2 s, one of half a second every 50 s. --heap-share allows more, for a server \
            that serves nobody but you.

              watertight watch 8080 --heap node --listen 9464

            Under traffic that nobody counts, growth is no proof of a leak: more clients make it, too. So a watch says \
            clean, where nothing grew for a minute or more, or inconclusive; watertight check drives the server and tells.

            Exit codes: 0 clean, 2 inconclusive, 64 wrong arguments, 69 the process cannot be read, or ended, \
            70 internal error or incomplete record, 130 interrupted twice.
            """)

    @Option(
        name: .customLong("pid"), help: "Process to read, with its descendants; repeatable.",
        transform: Self.pid)
    var pids: [Int32] = []
    @Option(help: ControlGroupArgument.help, transform: ControlGroupArgument.named)
    var cgroup: ControlGroupArgument?
    @Option(help: "Time from sample to sample, at least 100ms: a number of seconds, or 500ms, 1m.")
    var interval = DurationArgument(.seconds(1))
    @Option(help: "Time for the whole watch. Default: until Ctrl-C.")
    var duration: DurationArgument?
    @Option(
        help: ArgumentHelp(
            "Read the live heap, or a gauge of the user's, after a collection; repeatable. Default: none.",
            discussion: """
                auto (jvm or go), none, node (also Deno), jvm, python, go[:URL], glibc, command:CMD[#NAME], \
                url:http[s]://HOST:PORT/PATH[#NAME], as for watertight check. {port} is the port that is watched.
                """, valueName: "probe"),
        transform: HeapArgument.template)
    var heap: [HeapTemplate] = []
    @Option(
        help: ArgumentHelp(
            "Share of the time that the readings of each --heap may take, 0.1 to 50. Default: 1.",
            valueName: "percent"))
    var heapShare: Double?
    @Option(
        help: ArgumentHelp(
            "Write each sample as JSON Lines when it is taken, for watertight report and analyze.", valueName: "file"))
    var record: String?
    @Option(
        help: ArgumentHelp(
            "Write the summary as JSON, schema \(WatchJSON.schema); - is stdout, in place of the text.",
            valueName: "file"))
    var json: String?
    @Option(
        help: ArgumentHelp(
            "Answer GET /metrics on this port, loopback unless an address stands before it; 0 takes a free one.",
            valueName: "[address:]port"))
    var listen: ListenArgument?
    @Option(
        name: .customLong("allow-host"),
        help: ArgumentHelp(
            "Name in the Host field under which /metrics is answered as well; repeatable.", valueName: "name"))
    var allowedHosts: [String] = []
    @OptionGroup(title: "Live")
    var live: LiveOption
    @Argument(help: ArgumentHelp("The server's ws:// URL or port on this machine.", valueName: "URL|PORT"))
    var listener: ListenerArgument?

    private static func pid(_ text: String) throws -> Int32 {
        guard let number = Int32(text), number > 0 else {
            throw ValidationError("--pid \"\(text)\" is not the number of a process: give one, as ps shows it")
        }
        return number
    }

    func validate() throws {
        let subjects = [!pids.isEmpty, cgroup != nil, listener != nil].count { $0 }
        if subjects != 1 {
            throw ValidationError(
                (subjects == 0 ? "nothing to watch: " : "too much to watch: ")
                    + "give one of --pid, --cgroup, and the URL or port of the server")
        }
        if interval.duration < WatchPlan.leastInterval { throw ValidationError("--interval must be at least 100ms") }
        if let duration, duration.duration < interval.duration {
            throw ValidationError("--duration must be at least the interval")
        }
        try validateHeap()
        if let record, record.isEmpty || record == "-" {
            throw ValidationError("--record writes to a file: give its name")
        }
        if listen == nil && !allowedHosts.isEmpty {
            throw ValidationError("--allow-host names who may ask for the page of --listen: give that, too")
        }
        if let json, json.isEmpty { throw ValidationError("--json needs the name of a file, or - for stdout") }
        if let record, record == json {
            throw ValidationError("--record and --json both write to \"\(record)\": give one of them another file")
        }
    }

    private func validateHeap() throws {
        try HeapArgument.validate(heap)
        if let heapShare {
            if !WatchPlan.heapShares.contains(heapShare / 100) {
                throw ValidationError("--heap-share is a percentage of the time: give a number from 0.1 to 50")
            }
            if heap.allSatisfy({ $0.text == "none" }) {
                throw ValidationError("--heap-share says how often --heap is read: give that, too")
            }
        }
        if let agent = heap.first(where: \.needsStart) {
            throw ValidationError(
                "--heap \(agent.text) reads only a program that watertight check starts: choose auto, node, jvm, python, go, glibc, "
                    + "command: or url:")
        }
        if listener == nil && heap.contains(where: \.namesPort) {
            throw ValidationError("{port} in --heap needs the URL or port of the server in place of --pid or --cgroup")
        }
    }

    private var subject: WatchPlan.Subject {
        if let listener { return .port(listener.port) }
        if let cgroup { return .group(cgroup.group) }
        return .processes(pids)
    }

    func run() async throws {
        let files = try WatchReportFiles.opened(json: json)
        let record = try record.map { try RecordFile.forOption($0) }
        var plan = WatchPlan(subject: subject, interval: interval.duration, duration: duration?.duration, heap: heap)
        if let heapShare { plan.heapShare = heapShare / 100 }
        let exporter = try await listen.asyncMap { try await WatchExporter.start(on: $0, allowing: allowedHosts) }
        let page = try await live.port.asyncMap { try await LiveServer.start(LiveWatch(), on: $0) }
        let view = WatchView(isQuiet: files.isJSONOnOutput)
        let interruption = Interruption()
        let watch = Watch(plan) { progress in
            exporter?.show(progress)
            page?.update { $0.add(progress) }
            // Whoever wanted the lines has gone.
            if !view.show(progress) { interruption.cancel() }
        } record: { entry in
            record?.write(entry)
            // A record with a gap is worth less than one that ends and says so.
            if record?.failure != nil { interruption.cancel() }
        }
        let outcome = await Result.of { try await interruption.value { try await watch.run() } }
        await exporter?.end()
        if case .success(let result) = outcome { page?.update { $0.end(with: result) } }
        await page?.end()
        let result = try outcome.get()
        view.end()
        try files.write(result)
        try record?.requireWhole()
        if let code = Code.of(result) { throw code }
    }
}

/// What a watch shows on stdout while it goes on: a block on a terminal, otherwise lines.
private final class WatchView: Sendable {
    private let isQuiet: Bool
    private let block: Locked<WatchBlock>?

    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
        block = StandardOutput.takesEscapes ? Locked(WatchBlock(usesColour: StandardOutput.wantsColour)) : nil
    }

    /// Shows a sample; false where nobody is left to see it.
    func show(_ progress: Watch.Progress) -> Bool {
        guard !isQuiet else { return true }
        guard let block else { return StandardOutput.write(WatchLine.render(progress)) }
        let size = StandardOutput.size
        return StandardOutput.write(block.withLock { $0.render(progress, columns: size.columns, rows: size.rows) })
    }

    /// Makes room for the summary.
    func end() {
        if let block, !isQuiet { StandardOutput.write(block.withLock { $0.erase() }) }
    }
}
