import Causes

/// Which scripts are the program's own, and not the runtime's.
struct OwnScripts {
    /// The URLs, by number.
    private let urls: [UInt32: String]

    /// Sorts out `urls`.
    init(_ urls: [UInt32: String]) {
        self.urls = urls.filter {
            !$0.value.isEmpty && !$0.value.hasPrefix("node:") && !$0.value.hasPrefix("internal/")
        }
    }

    /// The file of an own script; nil of any other.
    func file(_ script: UInt32) -> String? {
        urls[script].map { $0.hasPrefix("file://") ? String($0.dropFirst("file://".count)) : $0 }
    }

    /// Whether a script belongs to a package that the program uses.
    func isPackage(_ script: UInt32) -> Bool { urls[script]?.contains("/node_modules/") == true }

    /// Where the code of a function, or of an object's class, stands; nil outside of own scripts.
    func location(of object: Int, in graph: HeapGraph) -> CodeLocation? {
        guard let location = graph.location(of: object), let file = file(location.script) else { return nil }
        return CodeLocation(file: file, line: location.line)
    }
}

/// The scopes of the program's modules, whose variables live as long as the program.
struct ModuleScopes {
    /// A scope, and the script that it belongs to.
    struct Scope {
        var object: Int
        var script: UInt32
    }

    /// The scopes, those of packages last.
    private(set) var scopes: [Scope] = []

    /// Finds them from the functions of own scripts outwards.
    init(_ graph: HeapGraph, _ scripts: OwnScripts) {
        let names = Names(graph)
        var outermost: [Int: Int] = [:]
        var found: [Int: Scope] = [:]
        for object in 0..<graph.count where graph.kind(of: object) == .closure {
            guard let script = graph.location(of: object)?.script, scripts.file(script) != nil,
                let scope = graph.target(of: object, .internal, names.context), names.isScope(scope, graph),
                outermost[scope] == nil
            else { continue }
            let outer = names.outermost(scope, graph)
            outermost[scope] = outer
            if found[outer] == nil { found[outer] = Scope(object: outer, script: script) }
        }
        // Of the scopes that one piece of code opens again and again, none is a module's.
        let bySource = Dictionary(grouping: found.values) { graph.target(of: $0.object, .internal, names.source) }
        scopes = bySource.values.filter { $0.count == 1 }.map { $0[0] }.sorted {
            (scripts.isPackage($0.script) ? 1 : 0, $0.object) < (scripts.isPackage($1.script) ? 1 : 0, $1.object)
        }
    }

    /// V8's words for the parts of a scope.
    private struct Names {
        let context: UInt32?
        let previous: UInt32?
        let source: UInt32?
        let scope: UInt32?

        init(_ graph: HeapGraph) {
            context = graph.strings.number(of: "context")
            previous = graph.strings.number(of: "previous")
            source = graph.strings.number(of: "scope_info")
            scope = graph.strings.number(of: "system / Context")
        }

        func isScope(_ object: Int, _ graph: HeapGraph) -> Bool { graph.name(of: object) == scope }

        func outermost(_ scope: Int, _ graph: HeapGraph) -> Int {
            var outer = scope
            while let next = graph.target(of: outer, .internal, previous), isScope(next, graph) { outer = next }
            return outer
        }
    }
}
