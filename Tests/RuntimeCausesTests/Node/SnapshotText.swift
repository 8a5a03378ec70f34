@testable import Causes
@testable import RuntimeCauses

/// Writes snapshots as V8 does.
struct SnapshotText {
    static let objectKinds = ["hidden", "array", "string", "object", "code", "closure", "synthetic"]
    static let edgeKinds = ["context", "element", "property", "internal", "hidden", "shortcut", "weak"]

    private struct Object {
        var kind: String
        var name: String
        var bytes: Int
        var edges: [(kind: String, name: String, target: Int)] = []
        var location: (script: Int, line: Int)?
    }

    private var objects = [Object(kind: "synthetic", name: "", bytes: 0)]

    /// Adds an object, and returns its number; 0 is the root.
    mutating func object(_ kind: String, _ name: String, bytes: Int = 8, at location: (Int, Int)? = nil) -> Int {
        objects.append(Object(kind: kind, name: name, bytes: bytes, location: location))
        return objects.count - 1
    }

    mutating func edge(_ from: Int, _ kind: String, _ name: String, _ target: Int) {
        objects[from].edges.append((kind, name, target))
    }

    /// A variable of the module that is script 7, which holds `target`.
    mutating func variable(_ name: String, _ target: Int) {
        if scope == nil {
            let scope = object("object", "system / Context")
            let function = object("closure", "handler", at: (7, 3))
            edge(function, "internal", "context", scope)
            edge(scope, "internal", "scope_info", object("code", "system / ScopeInfo"))
            edge(0, "element", "1", function)
            self.scope = scope
        }
        edge(scope!, "context", name, target)
    }
    private var scope: Int?

    static let scripts: [UInt32: String] = [7: "file:///srv/app.js", 8: "node:internal/timers"]

    func graph() throws -> HeapGraph { try parse(text) }

    func tree() throws -> HeldTree {
        var tree = HeldTree()
        var walk = HeldWalk(try graph(), scripts: Self.scripts)
        walk.add(to: &tree) { file, _ in CodeLocation(file: file, line: 1) }
        return tree
    }

    var text: String {
        var strings: [String] = []
        var numbers: [String: Int] = [:]
        func number(_ string: String) -> Int {
            if let number = numbers[string] { return number }
            numbers[string] = strings.count
            strings.append(string)
            return strings.count - 1
        }
        var nodes: [String] = []
        var edges: [String] = []
        var locations: [String] = []
        for (index, object) in objects.enumerated() {
            nodes.append(
                "\(Self.objectKinds.firstIndex(of: object.kind)!),\(number(object.name)),\(index * 2 + 1),\(object.bytes),\(object.edges.count),0,0"
            )
            for edge in object.edges {
                let name = ["element", "hidden"].contains(edge.kind) ? Int(edge.name)! : number(edge.name)
                edges.append("\(Self.edgeKinds.firstIndex(of: edge.kind)!),\(name),\(edge.target * 7)")
            }
            if let location = object.location {
                locations.append("\(index * 7),\(location.script),\(location.line - 1),13")
            }
        }
        let quoted = strings.map { "\"\($0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\"" }
        return """
            {"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count","trace_node_id","detachedness"],\
            "node_types":[[\(Self.list(Self.objectKinds))],"string","number","number","number","number","number"],\
            "edge_fields":["type","name_or_index","to_node"],"edge_types":[[\(Self.list(Self.edgeKinds))],"string_or_number","node"],\
            "location_fields":["object_index","script_id","line","column"]},"node_count":\(objects.count)},
            "nodes":[\(nodes.joined(separator: "\n,"))],
            "edges":[\(edges.joined(separator: "\n,"))],
            "trace_tree":[{"a \\" ]":[1]}],
            "locations":[\(locations.joined(separator: "\n,"))],
            "strings":[\(quoted.joined(separator: ",\n"))]}
            """
    }

    private static func list(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ",") }
}

/// Reads `text`, cut at these places.
func parse(_ text: String, cuts: [Int] = []) throws(SnapshotFailure) -> HeapGraph {
    let bytes = Array(text.utf8)
    var parser = SnapshotParser()
    var start = 0
    for end in cuts + [bytes.count] {
        bytes[start..<end].withUnsafeBytes { parser.read($0) }
        start = end
    }
    return try parser.graph()
}
