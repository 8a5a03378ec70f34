import Causes

/// Finds by whom each object of a heap is held: breadth-first, from the program's own variables first.
struct HeldWalk {
    private let graph: HeapGraph
    private let scripts: OwnScripts
    private let labels: HolderLabels
    private let timerLists: TimerLists
    private let prototype: UInt32?
    private let scope: UInt32?

    private typealias Paths = HolderPaths<HolderLabels.Edge, HolderLabels.TypeName>

    private var paths = Paths()
    /// The files of the variables that begin paths.
    private var files: [Int32: String] = [:]
    /// For each object, the path that it is counted at.
    private var places: [Int32]
    /// Objects that were reached, the first `next` of them followed.
    private var reached: [UInt32] = []
    private var next = 0

    private static let unreached = Int32.min

    /// A walk through `graph`, whose scripts have these URLs.
    init(_ graph: HeapGraph, scripts urls: [UInt32: String]) {
        self.graph = graph
        scripts = OwnScripts(urls)
        labels = HolderLabels(graph)
        timerLists = TimerLists(graph)
        prototype = graph.strings.number(of: "__proto__")
        scope = graph.strings.number(of: "system / Context")
        places = [Int32](repeating: Self.unreached, count: graph.count)
    }

    /// Adds all that is held to `tree`.
    ///
    /// - Parameter variable: where a variable of a file stands.
    mutating func add(
        to tree: inout HeldTree, variable: (_ file: String, _ name: String) -> CodeLocation
    ) {
        walkVariables()
        let globals = walkGlobals()
        // What is held by the runtime, and then what own objects hold of it.
        let own = reached
        // Many functions of Node hold its lists of timers: whichever comes first would be another in each process.
        for list in timerLists.lists {
            visit(HeapGraph.Edge(kind: .shortcut, name: 0, target: list), from: Holder())
        }
        for root in [0] + globals {
            places[root] = Paths.root
            reached.append(UInt32(root))
        }
        follow(.all)
        reached.append(contentsOf: own)
        follow(.all)
        // Timers that are in no list.
        next = 0
        follow(.links)
        paths.add(to: &tree) { number, path in
            let edge = labels.text(path.key.edge)
            let file = files[number] ?? scopeFile(path)
            let place = file.map { variable($0, edge) } ?? location(of: path.sample)
            return HolderStep(edge, labels.text(path.key.type), at: place)
        }
    }

    /// The file of a variable that a function holds.
    private func scopeFile(_ path: Paths.Path) -> String? {
        guard path.key.edge.kind == .variable, path.key.parent != Paths.root else { return nil }
        return location(of: paths[path.key.parent].sample)?.file
    }

    private func location(of object: Int) -> CodeLocation? {
        scripts.location(of: labels.code(of: object), in: graph)
    }

    // MARK: Roots

    private mutating func walkVariables() {
        let scopes = ModuleScopes(graph, scripts).scopes
        for scope in scopes { places[scope.object] = Paths.root }
        for scope in scopes {
            let file = scripts.file(scope.script)
            for number in graph.edges(of: scope.object) {
                let edge = graph.edge(number)
                guard edge.kind == .context, isFollowed(edge, .own) else { continue }
                visit(edge, from: Holder())
                if places[edge.target] != Self.unreached, places[edge.target] != Paths.root {
                    files[places[edge.target]] = files[places[edge.target]] ?? file
                }
            }
        }
        follow(.own)
    }

    /// The objects whose properties are global variables.
    private mutating func walkGlobals() -> [Int] {
        var globals: [Int] = []
        for number in graph.edges(of: 0) {
            let edge = graph.edge(number)
            guard edge.kind == .shortcut, places[edge.target] == Self.unreached else { continue }
            globals.append(edge.target)
            for number in graph.edges(of: edge.target) {
                let property = graph.edge(number)
                guard property.kind == .property, isFollowed(property, .own) else { continue }
                visit(property, from: Holder())
            }
        }
        follow(.own)
        return globals
    }

    // MARK: Steps

    /// Which edges a walk follows.
    private enum Extent {
        /// Those between objects of the program.
        case own
        /// Those that hold something.
        case all
        /// Also those from a timer to the next of its list.
        case links
    }

    private mutating func follow(_ extent: Extent) {
        while next < reached.count {
            let object = Int(reached[next])
            next += 1
            let holder = Holder(
                path: places[object], isTable: places[object] != Paths.root && labels.isTable(object),
                hasKeys: graph.kind(of: object) == .array && holdsObjects(object))
            for timer in timerLists.timers(of: object) where places[timer] == Self.unreached {
                visit(HeapGraph.Edge(kind: .element, name: 0, target: timer), from: holder)
            }
            for number in graph.edges(of: object) {
                let edge = graph.edge(number)
                if isFollowed(edge, extent) { visit(edge, from: holder) }
            }
        }
    }

    /// Whether a table holds more than strings, which then are its keys.
    private func holdsObjects(_ table: Int) -> Bool {
        graph.edges(of: table).contains { number in
            let kind = graph.kind(of: graph.edge(number).target)
            return kind == .object || kind == .closure
        }
    }

    private func isFollowed(_ edge: HeapGraph.Edge, _ extent: Extent) -> Bool {
        guard edge.kind != .weak, places[edge.target] == Self.unreached else { return false }
        if extent == .links { return true }
        if edge.kind == .property && timerLists.isLink(edge.name) { return false }
        if extent == .all { return true }
        if edge.kind == .shortcut || edge.name == prototype && edge.kind == .property { return false }
        switch graph.kind(of: edge.target) {
        case .code, .shape, .hidden: return false
        case .closure:
            guard let location = graph.location(of: edge.target) else { return true }
            return scripts.file(location.script) != nil
        default: return true
        }
    }

    /// What an edge starts from.
    private struct Holder {
        var path = Paths.root
        /// Whether its properties are no names.
        var isTable = false
        /// Whether its strings are keys.
        var hasKeys = false
    }

    private mutating func visit(_ edge: HeapGraph.Edge, from holder: Holder) {
        let object = edge.target
        guard places[object] == Self.unreached else { return }
        reached.append(UInt32(object))
        if isPart(object) || holder.hasKeys && graph.kind(of: object).isString {
            places[object] = holder.path
            paths.add(bytes: graph.bytes(of: object), at: holder.path)
            return
        }
        let type = labels.typeName(of: object)
        places[object] = paths.path(
            from: holder.path, label(edge, from: holder), type, isChained: labels.isChained(type), to: object)
        paths.count(bytes: graph.bytes(of: object), at: places[object])
    }

    private func label(_ edge: HeapGraph.Edge, from holder: Holder) -> HolderLabels.Edge {
        // What roots of the runtime are held by has no name that would mean something.
        let isRoot = holder.path == Paths.root && edge.kind != .context && edge.kind != .property
        return isRoot ? HolderLabels.Edge(kind: .unknown) : labels.label(edge, ofTable: holder.isTable)
    }

    /// Whether an object is the runtime's, and to the program a part of what holds it: a table, a scope, code.
    private func isPart(_ object: Int) -> Bool {
        switch graph.kind(of: object) {
        case .array, .code, .shape, .hidden, .other: true
        case .object: graph.name(of: object) == scope
        case .synthetic: graph.strings.first(graph.name(of: object)) == UInt8(ascii: "(") || !isNative(object)
        default: false
        }
    }

    private func isNative(_ object: Int) -> Bool { graph.strings.starts(graph.name(of: object), with: "Node / ") }
}
