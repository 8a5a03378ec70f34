import FoundationEssentials

/// How a snapshot lays out its tables, as it says itself before them (`snapshot.meta`): versions of V8 differ.
struct SnapshotLayout {
    /// What an object is to V8.
    enum ObjectKind: String {
        case hidden, array, string, object, code, closure, regexp, number, native, synthetic, symbol, bigint
        case concatenatedString = "concatenated string"
        case slicedString = "sliced string"
        case shape = "object shape"
        case other

        var isString: Bool { self == .string || self == .concatenatedString || self == .slicedString }
    }

    /// How an object holds another.
    enum EdgeKind: String {
        case context, element, property, `internal`, hidden, shortcut, weak
    }

    /// A table of rows of numbers: how wide a row is, and which of its columns are wanted, from left to right.
    struct Table: Equatable {
        var width: Int
        var columns: [Int]

        fileprivate init(_ fields: [String], _ wanted: [String]) throws(SnapshotFailure) {
            width = fields.count
            columns = []
            for name in wanted {
                guard let column = fields.firstIndex(of: name) else {
                    throw SnapshotFailure("its layout has no field \(name)")
                }
                columns.append(column)
            }
            guard columns == columns.sorted() else { throw SnapshotFailure("its layout is in another order") }
        }
    }

    /// Rows of an object's kind, name, size and number of edges.
    let objects: Table
    /// Rows of an edge's kind, its name or number, and the object that it leads to.
    let edges: Table
    /// Rows of an object, a script and a line.
    let locations: Table
    let objectKinds: [ObjectKind]
    let edgeKinds: [EdgeKind]

    private struct Snapshot: Decodable {
        struct Meta: Decodable {
            var nodeFields: [String]
            var nodeTypes: [TypeName]
            var edgeFields: [String]
            var edgeTypes: [TypeName]
            var locationFields: [String]
        }
        var meta: Meta
    }

    /// The names of a column's values, or the name of their type.
    private enum TypeName: Decodable {
        case values([String])
        case type(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let values = try? container.decode([String].self) {
                self = .values(values)
            } else {
                self = .type(try container.decode(String.self))
            }
        }
    }

    /// Reads the value of `snapshot`.
    init(json: [UInt8]) throws(SnapshotFailure) {
        let meta: Snapshot.Meta
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            meta = try decoder.decode(Snapshot.self, from: Data(json)).meta
        } catch {
            throw SnapshotFailure("its layout cannot be read")
        }
        guard case .values(let objectKinds)? = meta.nodeTypes.first,
            case .values(let edgeKinds)? = meta.edgeTypes.first
        else { throw SnapshotFailure("its layout names no types") }
        self.objectKinds = objectKinds.map { ObjectKind(rawValue: $0) ?? .other }
        self.edgeKinds = edgeKinds.map { EdgeKind(rawValue: $0) ?? .hidden }
        objects = try Table(meta.nodeFields, ["type", "name", "self_size", "edge_count"])
        edges = try Table(meta.edgeFields, ["type", "name_or_index", "to_node"])
        locations = try Table(meta.locationFields, ["object_index", "script_id", "line"])
    }
}
