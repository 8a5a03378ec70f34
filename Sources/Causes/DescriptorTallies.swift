package import ProcessResources

/// Descriptors of any process, by what they stand for.
package enum DescriptorTallies {
    /// Where they come from, in words.
    package static let source = "the descriptors of its processes"

    /// How many of each kind `processes`, which serve at `servingPort` or nowhere, hold now. One that has ended holds none.
    package static func tallies(
        of processes: [ProcessReader], servingPort: UInt16?
    ) -> [CauseSignature: Tally] {
        var tallies: [CauseSignature: Tally] = [:]
        for process in processes {
            for descriptor in (try? process.openDescriptors()) ?? [] {
                let signature = CauseSignature(.descriptor, what(descriptor, servingPort: servingPort))
                tallies[signature, default: Tally(0)].count += 1
            }
        }
        return tallies
    }

    /// What it stands for, without what differs from one to the next: `TCP socket of a connection, CLOSE_WAIT`.
    static func what(_ descriptor: OpenDescriptor, servingPort: UInt16?) -> String {
        if let tcp = descriptor.tcp {
            guard let servingPort else { return "TCP socket, \(tcp.state)" }
            if tcp.local.port == servingPort { return "TCP socket of a connection, \(tcp.state)" }
            return "TCP socket to \(tcp.remote), \(tcp.state)"
        }
        if let state = descriptor.tcpState { return "TCP socket, \(state)" }
        switch descriptor.kind {
        case .file, .device: return "\(descriptor.kind) \(numberless(descriptor.target))"
        default: return "\(descriptor.kind)"
        }
    }

    /// Runs of digits become one `#`: files are often numbered.
    private static func numberless(_ path: String) -> String {
        var result = ""
        for character in path where !(character.isNumber && result.last == "#") {
            result.append(character.isNumber ? "#" : character)
        }
        return result
    }
}
