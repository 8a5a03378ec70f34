/// Finds the causes of a leak in three snapshots, between which connections were made.
///
/// Of a path that holds objects, the frontier is the topmost step that grows with the connections: there ends what was held
/// anyway, and begins what each connection adds. All that is below is charged to it.
public struct CauseSearch {
    private let snapshots: [CauseSnapshot]
    private let growth: ProportionalGrowth

    /// A search in three snapshots, between which so many connections were made.
    public init(_ snapshots: [CauseSnapshot], connections: [Int]) {
        precondition(snapshots.count == 3)
        self.snapshots = snapshots
        growth = ProportionalGrowth(connections: connections)
    }

    private static let mostContents = 8
    /// What is less than this share of all bytes says nothing that the rest does not.
    private static let smallShare = 0.04

    /// What each connection leaves, the largest first.
    public func causes() -> [Cause] {
        var found = Self.besides(Self.merged(heldCauses()))
        for counted in countedCauses() { Self.add(counted, to: &found) }
        found = Self.considerable(found)
        for index in found.indices { found[index].contents = Array(found[index].contents.prefix(Self.mostContents)) }
        return found.sorted { ($1.weight, $1.countPerConnection) < ($0.weight, $0.countPerConnection) }
    }

    /// Without objects that are a small part of all, as what refers to a leaked thread is; what is known by its line stays.
    private static func considerable(_ causes: [Cause]) -> [Cause] {
        let bytes = causes.compactMap(\.bytesPerConnection).reduce(0, +)
        return causes.filter {
            $0.kind != .heldObject || ($0.bytesPerConnection ?? .infinity) >= smallShare * bytes
        }
    }

    // MARK: Held objects

    /// What grew below a frontier.
    private struct Below {
        var bytes = 0.0
        var types: [String: Double] = [:]
    }

    private func heldCauses() -> [Cause] {
        let last = snapshots[2].held
        var former: [(Int?, Int?)] = []
        /// For each node, the frontier that it is charged to.
        var frontiers = [Int?](repeating: nil, count: last.nodes.count)
        var rates: [[Double]] = []
        var below: [Int: Below] = [:]
        former.reserveCapacity(last.nodes.count)
        rates.reserveCapacity(last.nodes.count)
        for (index, node) in last.nodes.enumerated() {
            let parents = node.parent < 0 ? (-1, -1) : former[node.parent]
            let matches = (
                parents.0.flatMap { snapshots[0].held.find(node.step, below: $0) },
                parents.1.flatMap { snapshots[1].held.find(node.step, below: $0) }
            )
            former.append(matches)
            let tallies = [
                matches.0.map { snapshots[0].held.nodes[$0].tally } ?? Tally(0),
                matches.1.map { snapshots[1].held.nodes[$0].tally } ?? Tally(0), node.tally,
            ]
            rates.append(growth.rates(tallies.map(\.count)))
            let isProportional = growth.isProportional(rates[index])
            frontiers[index] = (node.parent < 0 ? nil : frontiers[node.parent]) ?? (isProportional ? index : nil)
            guard let frontier = frontiers[index] else { continue }
            below[frontier, default: Below()].bytes += growth.rates(tallies.map(\.bytes))[1]
            guard isProportional else { continue }
            below[frontier, default: Below()].types[node.step.type, default: 0] += rates[index].reduce(0, +) / 2
        }
        return below.map { heldCause(at: $0, $1, rates[$0]) }
    }

    /// The cause whose things a frontier of the last snapshot holds.
    private func heldCause(at frontier: Int, _ below: Below, _ rates: [Double]) -> Cause {
        let held = snapshots[2].held
        let node = held.nodes[frontier]
        var cause = Cause(
            .heldObject, node.step.type, countsPerConnection: rates, bytesPerConnection: max(0, below.bytes))
        // What the program itself adds one of has no holder but the name by which it does.
        cause.holders = node.parent < 0 ? [HolderStep(node.step.edge, "")] : held.path(to: node.parent)
        if let location = node.step.location { cause.site = [CodeFrame(node.step.type, at: location)] }
        let contents = below.types.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        cause.contents = contents.map { .init($0.key, perConnection: $0.value) }
        return cause
    }

    /// Joins things that one holder has as often, as a map has keys and values: the largest stands for all.
    private static func besides(_ causes: [Cause]) -> [Cause] {
        var joined: [Cause] = []
        for cause in causes.sorted(by: { ($1.bytesPerConnection ?? 0, $0.what) < ($0.bytesPerConnection ?? 0, $1.what) }
        ) {
            let like = joined.firstIndex {
                $0.holders == cause.holders
                    && abs($0.countPerConnection - cause.countPerConnection) <= 0.1 * $0.countPerConnection
            }
            guard let like else {
                joined.append(cause)
                continue
            }
            joined[like].bytesPerConnection = (joined[like].bytesPerConnection ?? 0) + (cause.bytesPerConnection ?? 0)
            joined[like].contents += cause.contents
        }
        return joined
    }

    /// Joins things of one kind that are reached from several ends, as both ends of a list are.
    private static func merged(_ causes: [Cause]) -> [Cause] {
        var joined: [Cause] = []
        let ordered = causes.sorted {
            ($1.countPerConnection, $0.holders.count, "\($0.holders)") < (
                $0.countPerConnection, $1.holders.count, "\($1.holders)"
            )
        }
        for cause in ordered {
            let like = joined.firstIndex {
                $0.what == cause.what && $0.site == cause.site && $0.holders.first == cause.holders.first
            }
            guard let like else {
                joined.append(cause)
                continue
            }
            joined[like].countsPerConnection = zip(joined[like].countsPerConnection, cause.countsPerConnection).map(+)
            joined[like].bytesPerConnection = (joined[like].bytesPerConnection ?? 0) + (cause.bytesPerConnection ?? 0)
            joined[like].alsoHeldBy.append(cause.holders)
        }
        return joined
    }

    // MARK: What is known by its lines

    private func countedCauses() -> [Cause] {
        snapshots[2].counted.compactMap { signature, tally in
            let tallies = [
                snapshots[0].counted[signature] ?? Tally(0), snapshots[1].counted[signature] ?? Tally(0), tally,
            ]
            let rates = growth.rates(tallies.map(\.count))
            let byteRates = growth.rates(tallies.map(\.bytes))
            // One block may grow, as a list does, and a mapping fill.
            guard
                growth.isProportional(rates) || signature.kind == .allocation && growth.isProportionalInBytes(byteRates)
            else { return nil }
            let bytes = byteRates[1]
            var cause = Cause(
                signature.kind, signature.what, countsPerConnection: rates, bytesPerConnection: bytes > 0 ? bytes : nil)
            cause.site = signature.site
            return cause
        }.sorted { ("\($0.what)", "\($0.site)") < ("\($1.what)", "\($1.site)") }
    }

    /// Whether objects of `type` are what `counted` counts; a thread has a name that is none of its type's.
    private static func isSame(_ type: String, _ counted: Cause) -> Bool {
        type == counted.what || counted.kind == .thread && type.hasSuffix("Thread")
    }

    /// Adds a cause that is known by its lines; in place of the one that holds just these things, whose holders it takes.
    private static func add(_ counted: Cause, to causes: inout [Cause]) {
        var counted = counted
        let same = causes.firstIndex { held in
            held.kind == .heldObject
                && held.contents.contains {
                    Self.isSame($0.type, counted)
                        && abs($0.perConnection - counted.countPerConnection) < 0.1 * counted.countPerConnection
                }
        }
        if let same {
            let held = causes.remove(at: same)
            counted.holders = held.holders + (held.what == counted.what ? [] : [HolderStep("", held.what)])
            counted.alsoHeldBy = held.alsoHeldBy
            counted.bytesPerConnection = counted.bytesPerConnection ?? held.bytesPerConnection
            counted.contents = held.contents
        }
        causes.append(counted)
    }
}

extension Cause {
    /// By what causes are ordered: bytes. A goroutine keeps its stack, and all that it refers to stands beside it.
    fileprivate var weight: Double { kind == .goroutine ? .infinity : bytesPerConnection ?? 0 }
}
