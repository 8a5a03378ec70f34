import ProcessResources

/// The live heap of Java virtual machines: the sum of the class histogram, before which they collect all garbage.
struct HistogramProbe: HeapProbe {
    private let machines: [JavaMachine]

    let gauges = [HeapGauge.liveBytes]
    let source = "the JVM's class histogram, through jcmd"

    /// Makes sure that the machines can be asked at all.
    init(_ processes: [ProcessReader]) throws(HeapProbeFailure) {
        var machines: [JavaMachine] = []
        for process in processes { machines.append(try JavaMachine(process)) }
        self.machines = machines
    }

    func read() async throws(HeapProbeFailure) -> [HeapGauge: Double] {
        var sum = 0.0
        for machine in machines { sum += try await machine.liveBytes() }
        return [.liveBytes: sum]
    }

    func close() async {}
}
