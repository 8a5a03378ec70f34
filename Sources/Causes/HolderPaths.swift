/// The paths over which objects are held: a tree of labels that counts what is reached over the same steps.
struct HolderPaths {
    private struct Key: Hashable {
        var parent: Int32
        var edge: HolderLabels.Edge
        var type: HolderLabels.TypeName
    }

    private struct Path {
        var key: Key
        var tally = Tally(0)
        /// An object that is reached over it.
        var sample: Int
    }

    /// What is held by nothing that is known.
    static let root: Int32 = -1

    private var paths: [Path] = []
    private var numbers: [Key: Int32] = [:]
    private var last: (key: Key, number: Int32)?
    /// The files of the variables that begin paths.
    private var files: [Int32: String] = [:]

    /// The path from `parent` over a step to `object`.
    ///
    /// A step that repeats its parent's, or that of the parent's parent, leads back to it; so does one that ends at another of a
    /// chained type. Otherwise a list, or a tree, would be a path that grows in length in place of number.
    mutating func path(
        from parent: Int32, _ edge: HolderLabels.Edge, _ type: HolderLabels.TypeName, isChained: Bool, to object: Int
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

    /// Says in which file the variable at `path` is.
    mutating func setFile(_ file: String?, at path: Int32) { files[path] = files[path] ?? file }

    /// Fewer of something may be anything.
    private static let least = 3

    /// Adds all paths at which there are some objects, or below which there are, to `tree`.
    func add(
        to tree: inout HeldTree, _ labels: HolderLabels, location: (Int) -> CodeLocation?,
        variable: (_ file: String, _ name: String) -> CodeLocation
    ) {
        var isKept = paths.map { $0.tally.count >= Self.least }
        for (number, path) in paths.enumerated().reversed() where isKept[number] && path.key.parent != Self.root {
            isKept[Int(path.key.parent)] = true
        }
        var nodes = [Int](repeating: -1, count: paths.count)
        for (number, path) in paths.enumerated() where isKept[number] {
            let edge = labels.text(path.key.edge)
            var step = HolderStep(edge, labels.text(path.key.type))
            let file = files[Int32(number)] ?? scopeFile(path, location)
            step.location = file.map { variable($0, edge) } ?? location(path.sample)
            let parent = path.key.parent == Self.root ? -1 : nodes[Int(path.key.parent)]
            nodes[number] = tree.node(below: parent, step)
            tree.add(path.tally, at: nodes[number])
        }
    }

    /// The file of a variable that a function holds.
    private func scopeFile(_ path: Path, _ location: (Int) -> CodeLocation?) -> String? {
        guard path.key.edge.kind == .variable, path.key.parent != Self.root else { return nil }
        return location(paths[Int(path.key.parent)].sample)?.file
    }
}
