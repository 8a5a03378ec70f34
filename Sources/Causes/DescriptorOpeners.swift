package import ProcessResources

/// Which code opened the descriptors of a target's processes, as far as it was followed.
package struct DescriptorOpeners {
    /// What is known of one descriptor.
    package struct Opener: Hashable, Sendable {
        /// The stack that opened it, the innermost frame first.
        package var site: [CodeFrame]
        /// Whether that opened a socket; nil where it is not known. The number may be another's by now.
        package var isSocket: Bool?

        /// What `site` opened.
        package init(site: [CodeFrame], isSocket: Bool? = nil) {
            self.site = site
            self.isSocket = isSocket
        }
    }

    /// For each thing that descriptors stand for, how many there are and how many of them each stack opened.
    private var found: [String: (count: Int, sites: [[CodeFrame]: Int])] = [:]

    /// The share of those that stand for the same which a stack must have opened to be what opens them.
    private static let leastShare = 0.5

    /// Adds the descriptors of a process that serves at `servingPort` or nowhere, whose `openers` are known by number.
    mutating func add(_ descriptors: [OpenDescriptor], servingPort: UInt16?, openers: [Int: Opener]) {
        for descriptor in descriptors {
            let what = DescriptorTallies.what(descriptor, servingPort: servingPort)
            found[what, default: (0, [:])].count += 1
            guard let opener = openers[Int(descriptor.identity.number)],
                opener.isSocket.map({ $0 == (descriptor.kind == .socket) }) ?? true
            else {
                continue
            }
            found[what, default: (0, [:])].sites[opener.site, default: 0] += 1
        }
    }

    /// The stack that opened most of the descriptors that stand for `what`; none where no stack opened half of them.
    func site(of what: String) -> [CodeFrame] {
        guard let (count, sites) = found[what],
            let most = sites.max(by: { ($0.value, $1.key.count) < ($1.value, $0.key.count) }),
            Double(most.value) >= Self.leastShare * Double(count)
        else { return [] }
        return most.key
    }
}

extension DescriptorOpeners {
    /// The causes, with the stack that opened those which are descriptors of `processes`, which serve at `servingPort`; `openers`
    /// says what is known of a process, of numbers below so many. One that has ended has nothing open.
    package static func named(
        _ causes: [Cause], in processes: [ProcessReader], servingPort: UInt16?,
        by openers: (ProcessReader, Int) async -> [Int: Opener]
    ) async -> [Cause] {
        guard causes.contains(where: { $0.kind == .descriptor }) else { return causes }
        var found = DescriptorOpeners()
        for process in processes {
            guard let descriptors = try? process.openDescriptors(), !descriptors.isEmpty else { continue }
            let count = descriptors.map { Int($0.identity.number) + 1 }.max() ?? 0
            found.add(descriptors, servingPort: servingPort, openers: await openers(process, count))
        }
        return causes.map { cause in
            guard cause.kind == .descriptor else { return cause }
            var named = cause
            named.site = found.site(of: cause.what)
            return named
        }
    }
}
