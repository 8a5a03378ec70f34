/// The objects of a heap, by number, and how they hold each other.
struct HeapGraph {
    /// How an object holds another.
    struct Edge {
        var kind: SnapshotLayout.EdgeKind
        /// The number of its name's string, or of the element.
        var name: UInt32
        var target: Int
    }

    private let layout: SnapshotLayout
    /// Rows of four.
    private let objects: [UInt32]
    /// Rows of three.
    private let edgeRows: [UInt32]
    /// Rows of three.
    private let locations: [UInt32]
    /// For each object, the number of its first edge; one more at the end.
    private let firstEdges: [UInt32]
    /// For each object, the number of its location from 1; 0 where it has none.
    private let locationRows: [UInt32]
    let strings: StringTable

    var count: Int { objects.count / 4 }

    /// Checks that all numbers lead somewhere.
    init(
        _ layout: SnapshotLayout, objects: [UInt32], edges: [UInt32], locations: [UInt32], _ strings: StringTable
    ) throws(SnapshotFailure) {
        self.layout = layout
        self.objects = objects
        edgeRows = edges
        self.locations = locations
        self.strings = strings
        let count = objects.count / 4
        guard count > 0 else { throw SnapshotFailure("it has no objects") }
        firstEdges = try Self.firstEdges(layout, objects, edges.count / 3, strings.count)
        for row in stride(from: 0, to: edges.count, by: 3) {
            guard edges[row] < layout.edgeKinds.count, Int(edges[row + 2]) / layout.objects.width < count,
                Self.isNumbered(layout.edgeKinds[Int(edges[row])]) || edges[row + 1] < strings.count
            else { throw SnapshotFailure("an edge leads nowhere") }
        }
        var rows = [UInt32](repeating: 0, count: count)
        for row in stride(from: 0, to: locations.count, by: 3) {
            let object = Int(locations[row]) / layout.objects.width
            guard object < count else { throw SnapshotFailure("a location has no object") }
            rows[object] = UInt32(row / 3 + 1)
        }
        locationRows = rows
    }

    private static func isNumbered(_ kind: SnapshotLayout.EdgeKind) -> Bool { kind == .element || kind == .hidden }

    private static func firstEdges(
        _ layout: SnapshotLayout, _ objects: [UInt32], _ edgeCount: Int, _ stringCount: Int
    ) throws(SnapshotFailure) -> [UInt32] {
        var first: [UInt32] = [0]
        first.reserveCapacity(objects.count / 4 + 1)
        var sum = 0
        for row in stride(from: 0, to: objects.count, by: 4) {
            guard objects[row] < layout.objectKinds.count, objects[row + 1] < stringCount else {
                throw SnapshotFailure("an object has no name")
            }
            sum += Int(objects[row + 3])
            guard sum <= edgeCount else { throw SnapshotFailure("it has fewer edges than its objects") }
            first.append(UInt32(sum))
        }
        guard sum == edgeCount else { throw SnapshotFailure("it has more edges than its objects") }
        return first
    }

    func kind(of object: Int) -> SnapshotLayout.ObjectKind { layout.objectKinds[Int(objects[object * 4])] }

    /// The number of its name: that of its constructor, or of a function.
    func name(of object: Int) -> UInt32 { objects[object * 4 + 1] }

    func bytes(of object: Int) -> Int { Int(objects[object * 4 + 2]) }

    /// The numbers of its edges.
    func edges(of object: Int) -> Range<Int> { Int(firstEdges[object])..<Int(firstEdges[object + 1]) }

    func edge(_ number: Int) -> Edge {
        Edge(
            kind: layout.edgeKinds[Int(edgeRows[number * 3])], name: edgeRows[number * 3 + 1],
            target: Int(edgeRows[number * 3 + 2]) / layout.objects.width)
    }

    /// The number of the script, and the line from 1, of a function or of an object's class.
    func location(of object: Int) -> (script: UInt32, line: Int)? {
        let row = Int(locationRows[object])
        return row == 0 ? nil : (locations[row * 3 - 2], Int(locations[row * 3 - 1]) + 1)
    }

    /// The target of the edge of `kind` that is named by string number `name`.
    func target(of object: Int, _ kind: SnapshotLayout.EdgeKind, _ name: UInt32?) -> Int? {
        guard let name else { return nil }
        for number in edges(of: object) {
            let edge = edge(number)
            if edge.kind == kind && edge.name == name { return edge.target }
        }
        return nil
    }

    /// The largest number of a script in which something stands.
    var lastScript: UInt32 { stride(from: 1, to: locations.count, by: 3).map { locations[$0] }.max() ?? 0 }
}
