import Remedies
import Subprocesses

/// The output of the user's own command.
struct CommandProbe: HeapProbe {
    let command: String
    let key: String?
    /// The first process of the target, for the command to look at.
    let pid: Int32

    private var gauge: HeapGauge { HeapSpecification.gauge(key: key) }
    var gauges: [HeapGauge] { [gauge] }
    var source: String { "\"\(command)\"" }

    func read() async throws(HeapProbeFailure) -> [HeapGauge: Double] {
        let result: ExecutionResult
        do {
            result = try await Subprocess.run(["/bin/sh", "-c", command], environment: ["WATERTIGHT_PID": "\(pid)"])
        } catch {
            throw HeapProbeFailure("\(source): \(error)")
        }
        guard result.status.exitCode == 0 else {
            let tail = result.outputTail
            throw HeapProbeFailure("\(source) \(result.status)\(tail.isEmpty ? "" : ": \(tail)")")
        }
        do {
            return [gauge: try MetricText(result.output).amount(key: key)]
        } catch {
            throw HeapProbeFailure("\(source): \(error)")
        }
    }

    func close() async {}
}

/// A page of the user's.
struct PageProbe: HeapProbe {
    let location: HTTPLocation
    let key: String?

    private var gauge: HeapGauge { HeapSpecification.gauge(key: key) }
    var gauges: [HeapGauge] { [gauge] }
    var source: String { "\(location)" }

    func read() async throws(HeapProbeFailure) -> [HeapGauge: Double] {
        let body = try await HTTPFetch.body(at: location)
        do {
            return [gauge: try MetricText(body).amount(key: key)]
        } catch {
            throw HeapProbeFailure("\(location): \(error)")
        }
    }

    func close() async {}
}
