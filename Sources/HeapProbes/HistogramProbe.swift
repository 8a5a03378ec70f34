import Glibc
import ProcessResources
import Subprocesses

/// The live heap of Java virtual machines: the sum of the class histogram, before which they collect all garbage.
struct HistogramProbe: HeapProbe {
    let pids: [Int32]

    let gauges = [HeapGauge.liveBytes]
    let source = "the JVM's class histogram, through jcmd"

    /// Makes sure that the machines can be asked at all.
    init(_ processes: [ProcessReader]) throws(HeapProbeFailure) {
        for process in processes where geteuid() != 0 {
            guard let user = try? process.user(), user != geteuid() else { continue }
            throw HeapProbeFailure(
                "process \(process.pid) belongs to another user, and jcmd reaches those of its own only: run as user "
                    + "\(user), or go without with --heap none")
        }
        pids = processes.map(\.pid)
    }

    func read() async throws(HeapProbeFailure) -> [HeapGauge: Double] {
        var sum = 0.0
        for pid in pids {
            let result: ExecutionResult
            do {
                result = try await Subprocess.run(["jcmd", "\(pid)", "GC.class_histogram"])
            } catch {
                throw HeapProbeFailure(
                    "\(error): jcmd comes with a JDK; put it in PATH, or go without with --heap none")
            }
            guard result.status.exitCode == 0, let bytes = Self.totalBytes(result.outputText) else {
                throw HeapProbeFailure("jcmd cannot read process \(pid): \(result.outputTail)")
            }
            sum += bytes
        }
        return [.liveBytes: sum]
    }

    func close() async {}

    /// The bytes of the line `Total  24280  2081584` that ends a histogram.
    static func totalBytes(_ histogram: String) -> Double? {
        guard let line = histogram.split(separator: "\n").last(where: { $0.hasPrefix("Total ") }) else { return nil }
        let words = line.split(separator: " ")
        return words.count == 3 ? Double(words[2]) : nil
    }
}
