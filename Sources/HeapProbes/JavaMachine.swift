import Glibc
package import ProcessResources
import Remedies
import Subprocesses

/// A Java virtual machine that is asked by `jcmd`.
package struct JavaMachine: Sendable {
    /// The process.
    package let process: ProcessReader

    /// Makes sure that it can be asked at all.
    package init(_ process: ProcessReader) throws(HeapProbeFailure) {
        self.process = process
        guard geteuid() != 0, let user = try? process.user(), user != geteuid() else { return }
        throw HeapProbeFailure(
            "process \(process.pid) belongs to another user, and jcmd reaches those of its own only"
                + "\(remedies: .outside("run as user \(user)"), .goWithoutHeap)")
    }

    /// What it answers to a command of `jcmd`.
    package func answer(
        to command: [String], within limit: Duration = Subprocess.timeLimit, maximumBytes: Int = Subprocess.maximumBytes
    ) async throws(HeapProbeFailure) -> String {
        let result: ExecutionResult
        do {
            result = try await Subprocess.run(
                ["jcmd", "\(process.pid)"] + command, within: limit, maximumBytes: maximumBytes)
        } catch {
            throw HeapProbeFailure(
                "\(error): jcmd comes with a JDK\(remedies: .outside("put it in PATH"), .goWithoutHeap, after: .remark)"
            )
        }
        guard result.status.exitCode == 0 else {
            throw HeapProbeFailure("jcmd cannot read process \(process.pid): \(result.outputTail)")
        }
        return result.outputText
    }

    /// The bytes of all objects that are left after a collection.
    package func liveBytes() async throws(HeapProbeFailure) -> Double {
        let histogram = try await answer(to: ["GC.class_histogram"])
        guard let bytes = Self.totalBytes(histogram) else {
            throw HeapProbeFailure("jcmd cannot read process \(process.pid): \(histogram.suffix(400))")
        }
        return bytes
    }

    /// The bytes of the line `Total  24280  2081584` that ends a histogram.
    static func totalBytes(_ histogram: String) -> Double? {
        guard let line = histogram.split(separator: "\n").last(where: { $0.hasPrefix("Total ") }) else { return nil }
        let words = line.split(separator: " ")
        return words.count == 3 ? Double(words[2]) : nil
    }
}
