import Glibc
import LeakReports
import ProcessResources
import SystemCalls

/// This process in the metrics that every exporter has under these names.
struct ProcessMetrics {
    private let reader: ProcessReader
    private let startSeconds: Double

    init() throws(ProcessReadFailure) {
        reader = try ProcessReader(pid: getpid())
        let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
        let uptime = Self.seconds(of: CLOCK_BOOTTIME)
        startSeconds = Self.seconds(of: CLOCK_REALTIME) - uptime + Double(reader.identity.startTicks) / ticksPerSecond
    }

    /// Seconds since the process started.
    var uptimeSeconds: Double { Self.seconds(of: CLOCK_REALTIME) - startSeconds }

    /// Open descriptors, and those of TCP sockets by state; nil where they cannot be read.
    var held: (descriptors: Int, sockets: [String: Int])? {
        guard let sample = try? reader.sample() else { return nil }
        let states = sample.tcpStates.map { ($0.key.name, $0.value) }
        return (sample.descriptors.total, Dictionary(uniqueKeysWithValues: states))
    }

    func add(to page: inout OpenMetricsText) throws(ProcessReadFailure) {
        let sample = try reader.sample()
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        page.counter(
            "process_cpu_seconds", unit: "seconds", "Processor time in user and system mode.",
            [("", Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime))])
        page.gauge("process_open_fds", "Open descriptors.", Double(sample.descriptors.total))
        if let limit = try reader.openFileLimit().soft {
            page.gauge("process_max_fds", "Descriptors that the process may have.", Double(limit))
        }
        if let virtualBytes = Self.virtualBytes {
            page.gauge(
                "process_virtual_memory_bytes", unit: "bytes", "Address space in use.", Double(virtualBytes))
        }
        page.gauge(
            "process_resident_memory_bytes", unit: "bytes", "Memory in RAM, shared pages included.",
            Double(sample.memory.residentBytes))
        page.gauge(
            "process_private_memory_bytes", unit: "bytes",
            "Memory that the process alone has written to, swap included.",
            Double(sample.memory.privateBytes))
        page.gauge(
            "process_heap_bytes", unit: "bytes", "Memory allocated and not freed.", Double(OwnHeap.current().liveBytes))
        page.gauge("process_threads", "Threads.", Double(sample.threads))
        page.gauge(
            "process_start_time_seconds", unit: "seconds", "When the process started, since the epoch.", startSeconds)
    }

    /// The first field of `/proc/self/statm` is in pages (proc(5)).
    private static var virtualBytes: Int? {
        guard let text = try? FileContents.bytes(of: "/proc/self/statm", atMost: 4096) else { return nil }
        return text.split(separator: UInt8(ascii: " ")).first.flatMap { Int(String(decoding: $0, as: UTF8.self)) }.map {
            $0 * sysconf(Int32(_SC_PAGESIZE))
        }
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    private static func seconds(of clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
