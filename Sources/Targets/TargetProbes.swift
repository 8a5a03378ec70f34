package import HeapProbes
package import LeakStatistics
package import Remedies
import SystemCalls

/// The heap probes of one target, and when to ask them.
///
/// A reading makes the target stand still, for milliseconds or for a second. A probe is asked at the readings that decide,
/// and in between as often as takes no more than its share of the time.
package actor TargetProbes {
    fileprivate struct Opened {
        let probe: any HeapProbe
        let mayLag: Bool
        var turn: ReadingTurn
    }

    private let share: Double

    /// No probe yet; in between, their readings take at most this share of the time: in a check, a third.
    package init(share: Double = 1.0 / 3) {
        self.share = share
    }

    private var opened: [Opened] = []
    /// Why a resource is not, or no longer, read.
    package private(set) var failures: [Resource: Problem] = [:]

    /// Opens what suits the target, and asks it once: some probes cost the target a thread or a descriptor from then on.
    package func open(_ specifications: [HeapSpecification], of subject: HeapSubject) async {
        for specification in specifications {
            do {
                guard let probe = try await subject.open(specification) else { continue }
                opened.append(Opened(probe: probe, mayLag: specification.mayLag, turn: ReadingTurn(share: share)))
            } catch {
                failures[Resource(specification.gauge)] = error.problem
            }
        }
        for entry in opened where entry.mayLag { await awaitFirst(entry.probe) }
        _ = await read(connections: 0, isDecisive: true)
    }

    /// Waits a moment for a page or a command that answers only once the target has wholly started.
    private func awaitFirst(_ probe: any HeapProbe) async {
        for _ in 0..<Self.firstAttempts {
            if (try? await probe.read()) != nil { return }
            try? await Task.sleep(for: Self.firstInterval)
        }
    }

    private static let (firstAttempts, firstInterval) = (8, Duration.milliseconds(50))

    /// What is read, in the order in which it was asked for.
    package var sources: [ProbeSource] {
        opened.flatMap { entry in
            entry.probe.gauges.map {
                ProbeSource(
                    resource: Resource($0), source: entry.probe.source, mayLag: entry.mayLag ? true : nil,
                    coversAllocators: $0 == .liveBytes && entry.probe.coversAllocators ? true : nil)
            }
        }
    }

    /// What they do not read of the target.
    package var remarks: [Problem] { opened.compactMap(\.probe.remark) }

    /// Whether one of them counts every object, and at once.
    package var areExact: Bool { opened.contains { !$0.mayLag } }

    /// What all readings of one sample take.
    package var cost: Duration { opened.reduce(.zero) { $0 + $1.turn.cost } }

    /// The levels now, by resource, of the probes whose turn it is after so many `connections`; all of them where the
    /// sample `isDecisive`.
    package func read(connections: Int, isDecisive: Bool) async -> [Resource: Double] {
        var levels: [Resource: Double] = [:]
        var index = 0
        while index < opened.count {
            var entry = opened[index]
            guard isDecisive || entry.turn.isDue(at: .now, connections: connections) else {
                index += 1
                continue
            }
            let began = MonotonicTime.now
            do {
                for (gauge, level) in try await entry.probe.read() { levels[Resource(gauge)] = level }
                entry.turn.didRead(from: began, to: .now, connections: connections)
                opened[index] = entry
                index += 1
            } catch {
                for gauge in entry.probe.gauges { failures[Resource(gauge)] = error.problem }
                await entry.probe.close()
                opened.remove(at: index)
            }
        }
        return levels
    }

    /// By process, what a probe knows of its memory beside its allocator.
    package func besideAllocators() async -> [Int32: MemoryBeside] {
        var beside: [Int32: MemoryBeside] = [:]
        for entry in opened { beside.merge(await entry.probe.besideAllocators) { $1 } }
        return beside
    }

    /// The timers that are set in the target; nil where no probe knows them.
    package func pendingTimers() async -> PendingTimers? {
        for entry in opened {
            if let timers = await entry.probe.pendingTimers() { return timers }
        }
        return nil
    }

    /// Lets go of the target.
    package func close() async {
        let probes = opened
        opened = []
        for entry in probes { await entry.probe.close() }
    }
}

extension Resource {
    /// What the readings of a probe mean.
    init(_ gauge: HeapGauge) {
        switch gauge {
        case .liveBytes: self = .liveHeap
        case .count(let name): self.init(rawValue: name)
        }
    }
}
