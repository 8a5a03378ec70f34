import Causes

/// The paths over which objects are held: a tree of labels that counts what is reached over the same steps.
struct HolderPaths<Edge: Hashable, TypeName: Hashable> {
    /// The last step of a path, behind that of its parent.
    struct Key: Hashable {
        /// The number of the path that it goes on from.
        var parent: Int32
        /// By what an object is held.
        var edge: Edge
        /// What the object is.
        var type: TypeName
    }

    /// All objects that are reached over the same steps.
    struct Path {
        /// The last step.
        var key: Key
        /// How many they are, and their bytes.
        var tally = Tally(0)
        /// One of them.
        var sample: Int
    }

    /// What is held by nothing that is known.
    static var root: Int32 { -1 }

    private var paths: [Path] = []
    private var numbers: [Key: Int32] = [:]
    private var last: (key: Key, number: Int32)?

    /// The path of a number.
    subscript(number: Int32) -> Path { paths[Int(number)] }

    /// The path from `parent` over a step to `object`.
    ///
    /// A step that repeats its parent's, or that of the parent's parent, leads back to it; so does one that ends at another of a
    /// chained type. Otherwise a list, or a tree, would be a path that grows in length in place of number.
    mutating func path(
        from parent: Int32, _ edge: Edge, _ type: TypeName, isChained: Bool, to object: Int
    ) -> Int32 {
        if parent != Self.root {
            let holder = paths[Int(parent)].key
            if holder.type == type && (isChained || holder.edge == edge) { return parent }
            if holder.parent != Self.root {
                let next = paths[Int(holder.parent)].key
                if next.type == type && next.edge == edge { return holder.parent }
            }
        }
        let key = Key(parent: parent, edge: edge, type: type)
        // Objects come in runs of the same kind.
        if let last, last.key == key { return last.number }
        let number = numbers[key] ?? Int32(paths.count)
        if number == paths.count {
            numbers[key] = number
            paths.append(Path(key: key, sample: object))
        }
        last = (key, number)
        return number
    }

    /// Counts an object at `path`.
    mutating func count(bytes: Int, at path: Int32) {
        paths[Int(path)].tally.count += 1
        paths[Int(path)].tally.bytes += bytes
    }

    /// Adds the bytes of what is a part of an object at `path`.
    mutating func add(bytes: Int, at path: Int32) {
        if path != Self.root { paths[Int(path)].tally.bytes += bytes }
    }

    /// Fewer of something may be anything.
    private static var least: Int { 3 }

    /// Adds all paths at which there are some objects, or below which there are, to `tree`.
    ///
    /// - Parameter step: the last step of a path, in words.
    func add(to tree: inout HeldTree, step: (_ number: Int32, _ path: Path) -> HolderStep) {
        var isKept = paths.map { $0.tally.count >= Self.least }
        for (number, path) in paths.enumerated().reversed() where isKept[number] && path.key.parent != Self.root {
            isKept[Int(path.key.parent)] = true
        }
        var nodes = [Int](repeating: -1, count: paths.count)
        for (number, path) in paths.enumerated() where isKept[number] {
            let parent = path.key.parent == Self.root ? -1 : nodes[Int(path.key.parent)]
            nodes[number] = tree.node(below: parent, step(Int32(number), path))
            tree.add(path.tally, at: nodes[number])
        }
    }
}
