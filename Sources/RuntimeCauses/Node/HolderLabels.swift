/// The names of steps, as numbers: text is made only of those that are shown.
struct HolderLabels {
    /// By what an object is held.
    struct Edge: Hashable {
        enum Kind { case unknown, variable, property, element, part }
        var kind: Kind
        /// The number of its name's string.
        var name: UInt32 = 0
    }

    /// What an object is.
    struct TypeName: Hashable {
        enum Kind { case plain, function, timer, string, number, symbol, regularExpression, array, code }
        var kind: Kind
        /// The number of the name's string.
        var name: UInt32 = 0
    }

    private let graph: HeapGraph
    private let timers: Set<UInt32>
    private let callback: UInt32?
    private let bound: (name: UInt32?, target: UInt32?)
    /// Types whose objects hold others of their type without being lists or trees of them.
    private let containers: Set<UInt32>

    init(_ graph: HeapGraph) {
        self.graph = graph
        timers = Set(["Timeout", "Immediate"].compactMap(graph.strings.number))
        callback = graph.strings.number(of: "_onTimeout")
        bound = (graph.strings.number(of: "native_bind"), graph.strings.number(of: "bound_function"))
        containers = Set(["Object", "Array", "Map", "Set"].compactMap(graph.strings.number))
    }

    /// An object with more properties than any class has is a table; its properties are no names.
    private static let mostProperties = 64

    /// Whether an object is a table by its properties.
    func isTable(_ object: Int) -> Bool {
        let edges = graph.edges(of: object)
        return edges.count > Self.mostProperties
            && edges.lazy.filter { graph.edge($0).kind == .property }.prefix(Self.mostProperties + 1).count
                > Self.mostProperties
    }

    func label(_ edge: HeapGraph.Edge, ofTable isTable: Bool) -> Edge {
        switch edge.kind {
        case .context: Edge(kind: .variable, name: edge.name)
        case .element: Edge(kind: .element)
        case .property:
            isTable || startsWithDigit(edge.name) ? Edge(kind: .element) : Edge(kind: .property, name: edge.name)
        case .internal, .shortcut:
            startsWithDigit(edge.name) ? Edge(kind: .element) : Edge(kind: .part, name: edge.name)
        case .hidden, .weak: Edge(kind: .unknown)
        }
    }

    private func startsWithDigit(_ name: UInt32) -> Bool {
        guard let first = graph.strings.first(name) else { return true }
        return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
    }

    func typeName(of object: Int) -> TypeName {
        let name = graph.name(of: object)
        switch graph.kind(of: object) {
        case .closure: return TypeName(kind: .function, name: graph.name(of: function(object)))
        case .object where timers.contains(name):
            guard let callback = callback(of: object) else { break }
            return TypeName(kind: .timer, name: graph.name(of: callback))
        case .string, .concatenatedString, .slicedString: return TypeName(kind: .string)
        case .number, .bigint: return TypeName(kind: .number)
        case .symbol: return TypeName(kind: .symbol)
        case .regexp: return TypeName(kind: .regularExpression)
        case .array: return TypeName(kind: .array)
        case .code, .hidden, .shape, .other: return TypeName(kind: .code)
        case .object, .native, .synthetic: break
        }
        return TypeName(kind: .plain, name: name)
    }

    /// The code of an object: of a timer, the function that it calls; of a bound function, that which it binds.
    func code(of object: Int) -> Int {
        if let callback = callback(of: object) { return callback }
        return graph.kind(of: object) == .closure ? function(object) : object
    }

    private func function(_ closure: Int) -> Int {
        guard graph.name(of: closure) == bound.name else { return closure }
        return graph.target(of: closure, .internal, bound.target) ?? closure
    }

    /// The function that a timer calls; nil of all other objects.
    private func callback(of object: Int) -> Int? {
        guard graph.kind(of: object) == .object, timers.contains(graph.name(of: object)),
            let callback = graph.target(of: object, .property, callback), graph.kind(of: callback) == .closure
        else { return nil }
        return function(callback)
    }

    /// Whether things of `type` that hold each other are one list or tree.
    func isChained(_ type: TypeName) -> Bool { !(type.kind == .plain && containers.contains(type.name)) }

    func text(_ edge: Edge) -> String {
        switch edge.kind {
        case .unknown: ""
        case .variable: graph.strings[edge.name]
        case .property: "." + graph.strings[edge.name]
        case .element: "[]"
        case .part: graph.strings[edge.name]
        }
    }

    private static let runtime = "Node / "

    func text(_ type: TypeName) -> String {
        let name = graph.strings[type.name]
        return switch type.kind {
        case .plain: name.hasPrefix(Self.runtime) ? String(name.dropFirst(Self.runtime.count)) : name
        case .function: call(name)
        case .timer: "Timeout \(call(name))"
        case .string: "string"
        case .number: "number"
        case .symbol: "symbol"
        case .regularExpression: "RegExp"
        case .array: "array"
        case .code: "code"
        }
    }

    private func call(_ name: String) -> String { (name.isEmpty ? "anonymous" : name) + "()" }
}
