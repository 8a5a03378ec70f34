import Causes

/// Finds by whom each object of a Java heap is held: breadth-first, from the program's own static variables first.
///
/// What a collection of the JDK's is made of, its tables and entries, is a part of it: an entry moves from one to the other.
struct JavaHeldWalk {
    private typealias Paths = HolderPaths<JavaLabels.Edge, UInt32>

    private let heap: JavaHeap
    private let labels: JavaLabels
    private var paths = Paths()
    /// For each object, the path that it is counted at.
    private var places: [Int32]
    /// For each object, which part it is of what its path leads to.
    private var parts: [Part]
    /// Objects that were reached, the first `next` of them followed.
    private var reached: [UInt32] = []
    private var next = 0
    /// Whether classes, their loaders and groups of threads are entered, from which everything can be reached.
    private var crossesBoundaries = false

    private static let unreached = Int32.min

    private enum Part: UInt8 {
        case none
        case table
        case entry
        /// An entry whose bytes were charged.
        case chargedEntry
    }

    /// A walk through `heap`.
    init(_ heap: JavaHeap) {
        self.heap = heap
        labels = JavaLabels(heap)
        places = [Int32](repeating: Self.unreached, count: heap.count)
        parts = [Part](repeating: .none, count: heap.count)
    }

    /// Adds all that is held to `tree`.
    mutating func add(to tree: inout HeldTree) {
        walkVariables(.own)
        walkVariables(.library)
        walkThreads()
        walkRest()
        paths.add(to: &tree) { _, path in HolderStep(labels.text(path.key.edge), labels.text(path.key.type)) }
    }

    // MARK: Roots

    private mutating func walkVariables(_ package: JavaPackage) {
        for type in heap.classNames.indices where JavaPackage(of: heap.classNames[type]) == package {
            for (index, reference) in heap.references(of: heap.classObjects[type]).enumerated() {
                let name = heap.staticName(type, index)
                guard !labels.isHidden(name), let target = heap.target(reference) else { continue }
                visit(target, variable(type, index), from: Paths.root)
            }
        }
        follow()
    }

    private func variable(_ type: Int, _ index: Int) -> JavaLabels.Edge {
        JavaLabels.Edge(kind: .variable, name: heap.staticName(type, index), type: labels.traits[type].name)
    }

    /// What threads hold, and the functions that they run.
    private mutating func walkThreads() {
        for root in heap.roots where root.kind == .thread {
            visit(root.object, JavaLabels.Edge(kind: .thread), from: Paths.root)
        }
        for root in heap.roots where root.kind == .local {
            guard let thread = root.thread, places[thread] != Self.unreached else { continue }
            visit(root.object, JavaLabels.Edge(kind: .local), from: places[thread])
        }
        follow()
    }

    /// What the runtime holds, and then what was passed over before.
    private mutating func walkRest() {
        crossesBoundaries = true
        let own = reached
        for object in heap.classObjects where places[object] == Self.unreached {
            places[object] = Paths.root
            reached.append(UInt32(object))
        }
        for root in heap.roots {
            visit(root.object, JavaLabels.Edge(kind: root.kind == .native ? .native : .unknown), from: Paths.root)
        }
        follow()
        reached.append(contentsOf: own)
        follow()
    }

    // MARK: Steps

    private mutating func follow() {
        while next < reached.count {
            let object = Int(reached[next])
            next += 1
            let kind = heap.kind(of: object)
            var last = places[object]
            for (index, reference) in heap.references(of: object).enumerated() {
                guard let target = heap.target(reference), places[target] == Self.unreached else { continue }
                visit(target, edge(kind, index, isPart: parts[object] != .none), from: places[object], holder: kind)
                if places[target] != Self.unreached, parts[target] == .none { last = places[target] }
            }
            guard parts[object] == .entry else { continue }
            // An entry is there for what it holds.
            parts[object] = .chargedEntry
            paths.add(bytes: heap.bytes(of: object, isArray: false), at: last)
        }
    }

    private func edge(_ kind: JavaKind, _ index: Int, isPart: Bool) -> JavaLabels.Edge {
        switch kind {
        case .classObject(let type): variable(type, index)
        case .instance(let type) where !isPart && !labels.traits[type].isArray:
            JavaLabels.Edge(kind: .field, name: heap.fieldName(type, index))
        default: JavaLabels.Edge(kind: .element)
        }
    }

    private mutating func visit(
        _ object: Int, _ edge: JavaLabels.Edge, from path: Int32, holder: JavaKind? = nil
    ) {
        let kind = heap.kind(of: object)
        guard places[object] == Self.unreached, crossesBoundaries || !isBoundary(kind) else { return }
        reached.append(UInt32(object))
        if path != Paths.root, let holder {
            parts[object] = part(kind, of: holder)
            if parts[object] == .table { paths.add(bytes: bytes(of: object, kind), at: path) }
            places[object] = path
            if parts[object] != .none { return }
        }
        places[object] = paths.path(
            from: path, edge, labels.typeNumber(kind), isChained: isChained(kind), to: object)
        paths.count(bytes: bytes(of: object, kind), at: places[object])
    }

    private func bytes(of object: Int, _ kind: JavaKind) -> Int {
        if case .instance(let type) = kind { return heap.bytes(of: object, isArray: labels.traits[type].isArray) }
        return heap.bytes(of: object, isArray: false)
    }

    private func isBoundary(_ kind: JavaKind) -> Bool {
        switch kind {
        case .classObject: true
        case .instance(let type): labels.traits[type].isBoundary
        case .primitives: false
        }
    }

    private func isChained(_ kind: JavaKind) -> Bool {
        if case .instance(let type) = kind { labels.traits[type].isChained } else { false }
    }

    private func part(_ kind: JavaKind, of holder: JavaKind) -> Part {
        guard case .instance(let holder) = holder else { return .none }
        let traits = labels.traits[holder]
        switch kind {
        case .primitives: return traits.isString ? .table : .none
        case .classObject: return .none
        case .instance(let type):
            if labels.traits[type].isEntry { return .entry }
            return labels.traits[type].isArray && (traits.isCollection || traits.isEntry) ? .table : .none
        }
    }
}
