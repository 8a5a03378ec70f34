public import LeakStatistics

/// One amount that a watch follows.
public enum WatchGauge: Hashable, Sendable {
    /// One of the resources that a check judges as well.
    case resource(Resource)
    /// Descriptors of one kind: `socket`, `pipe`, `file`.
    case descriptorKind(String)
    /// Descriptors of TCP sockets in one state, spelled as the kernel does.
    case tcpState(String)
    /// Memory that is resident, shared pages included; shown beside the private, never judged.
    case residentMemory

    /// The name, one word: `descriptors`, `descriptors.pipe`, `tcp.CLOSE_WAIT`.
    public var name: String {
        switch self {
        case .resource(let resource): resource.rawValue
        case .descriptorKind(let kind): "descriptors.\(kind)"
        case .tcpState(let state): "tcp.\(state)"
        case .residentMemory: "residentMemory"
        }
    }

    /// Whether amounts of it are bytes.
    public var isMemory: Bool { self == .residentMemory || judged?.isMemory == true }

    /// Whether a probe reads it, and not at every sample.
    var isProbed: Bool { judged.map { !Resource.ofEveryTarget.contains($0) } ?? false }

    /// The resource, where it is judged.
    public var judged: Resource? {
        if case .resource(let resource) = self { resource } else { nil }
    }

    /// Where it stands among the others: kinds below the descriptors, TCP states below the sockets, memory last.
    private var rank: (Int, String) {
        switch self {
        case .resource(.descriptors): (0, "")
        case .descriptorKind("socket"): (1, "")
        case .tcpState(let state): (2, state)
        case .descriptorKind(let kind): (3, kind)
        case .resource(.threads): (4, "")
        case .resource(.liveHeap): (6, "")
        case .resource(.privateMemory): (7, "")
        case .residentMemory: (8, "")
        case .resource(let other): (5, other.rawValue)
        }
    }

    static func isBefore(_ left: WatchGauge, _ right: WatchGauge) -> Bool { left.rank < right.rank }
}

extension CheckResult.Sample {
    /// What was read, by gauge.
    public var gauges: [WatchGauge: Double] {
        var levels: [WatchGauge: Double] = [
            .resource(.descriptors): Double(descriptors), .resource(.threads): Double(threads),
            .resource(.privateMemory): Double(privateMemory), .residentMemory: Double(residentMemory),
        ]
        for (kind, count) in descriptorKinds ?? [:] { levels[.descriptorKind(kind)] = Double(count) }
        for (state, count) in tcpStates ?? [:] { levels[.tcpState(state)] = Double(count) }
        for (name, level) in probed ?? [:] { levels[.resource(Resource(rawValue: name))] = level }
        return levels
    }
}
