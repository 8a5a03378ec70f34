import FoundationEssentials
import Remedies

extension InspectorSession {
    /// Memory that V8 does not count into its heap: what buffers hold.
    private static let externalBytes = "(globalThis.process ?? Deno).memoryUsage().external"
    /// For a snapshot of gigabytes, during which the process stands still.
    private static let snapshotLimit = Duration.seconds(300)

    /// Collects all garbage and says what is left, in the heap and outside of it.
    func liveBytes() async throws(HeapProbeFailure) -> Double {
        // What the first collection leaves to finalisers, and of code that was dropped for its age, the second takes; and
        // what a program does on its own between a collection and the reading can only add.
        let used = try await usedBytes(collections: 2)
        let external = try await ask(
            "Runtime.evaluate", InspectorParameters(expression: Self.externalBytes, returnByValue: true))
        guard let outside = external.result?.value else { throw sizeUnknown }
        return used + outside
    }

    /// Collects all garbage so many times, and says how large the heap was when it was smallest.
    package func usedBytes(collections: Int) async throws(HeapProbeFailure) -> Double {
        // The inspector keeps what the program logs, for whoever opens the console.
        try await ask("Runtime.discardConsoleEntries")
        var used = Double.infinity
        for _ in 0..<collections {
            try await ask("HeapProfiler.collectGarbage")
            used = min(used, try await ask("Runtime.getHeapUsage").usedSize ?? .infinity)
        }
        guard used.isFinite else { throw sizeUnknown }
        return used
    }

    private var sizeUnknown: HeapProbeFailure {
        HeapProbeFailure("the inspector of process \(pid) does not say how large the heap is")
    }

    private struct ScriptEvent: Decodable {
        struct Script: Decodable {
            var scriptId: String
            var url: String
        }
        var params: Script
    }

    /// The URLs of all scripts, by number.
    package func scripts() async throws(HeapProbeFailure) -> [UInt32: String] {
        var scripts: [UInt32: String] = [:]
        try await ask("Debugger.enable") { message in
            guard let event = try? JSONDecoder().decode(ScriptEvent.self, from: Data(message)),
                let number = UInt32(event.params.scriptId)
            else { return }
            scripts[number] = event.params.url
        }
        try await ask("Debugger.disable")
        return scripts
    }

    /// Takes a snapshot of the heap, and gives `event` the messages that it comes in.
    package func heapSnapshot(_ event: (UnsafeRawBufferPointer) -> Void) async throws(HeapProbeFailure) {
        try await ask(
            "HeapProfiler.takeHeapSnapshot", InspectorParameters(reportProgress: false), within: Self.snapshotLimit,
            event: event)
    }
}
