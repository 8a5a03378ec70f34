/// Objects, counted by the path of holders that leads to them: a tree whose root is the program, and whose nodes stand for all
/// objects that are reached over the same steps.
public struct HeldTree: Sendable {
    /// All objects that are reached over the same steps.
    public struct Node: Sendable {
        /// The node of the holders; -1 for what the program itself holds.
        public var parent: Int
        /// The last step.
        public var step: HolderStep
        /// How many objects, and their own bytes.
        public var tally: Tally
    }

    /// By which a node is found among the children of its parent. The location is none of it: it may be unknown at first.
    private struct Key: Hashable {
        var parent: Int
        var edge: String
        var type: String
    }

    /// The nodes, each behind its parent.
    public private(set) var nodes: [Node] = []
    private var indices: [Key: Int] = [:]

    /// An empty tree.
    public init() {}

    /// The node that is reached from `parent` over `step`, made where there is none; -1 is the root.
    public mutating func node(below parent: Int, _ step: HolderStep) -> Int {
        precondition(parent < nodes.count)
        let key = Key(parent: parent, edge: step.edge, type: step.type)
        if let index = indices[key] { return index }
        indices[key] = nodes.count
        nodes.append(Node(parent: parent, step: step, tally: Tally(0)))
        return nodes.count - 1
    }

    /// Adds objects at `node`.
    public mutating func add(_ tally: Tally, at node: Int) {
        nodes[node].tally.count += tally.count
        nodes[node].tally.bytes += tally.bytes
    }

    /// The node below `parent` over a step like `step`; nil where there is none.
    func find(_ step: HolderStep, below parent: Int) -> Int? {
        indices[Key(parent: parent, edge: step.edge, type: step.type)]
    }

    /// The steps from the root to `node`, which is the last.
    func path(to node: Int) -> [HolderStep] {
        var steps: [HolderStep] = []
        var index = node
        while index >= 0 {
            steps.append(nodes[index].step)
            index = nodes[index].parent
        }
        return steps.reversed()
    }
}

extension HeldTree {
    /// Adds nodes, one a line: `PARENT COUNT BYTES EDGE TYPE FILE LINE`, separated by tabs; a parent is the number of its line,
    /// from 0, or -1, and stands above. What comes after the type may be missing. False where a line is none of this.
    mutating func add(lines: some Sequence<Substring>) -> Bool {
        var numbers: [Int] = []
        for line in lines {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count >= 5, let parent = Int(fields[0]), let count = Int(fields[1]),
                let bytes = Int(fields[2]),
                parent >= -1, parent < numbers.count
            else { return false }
            let step = HolderStep(String(fields[3]), String(fields[4]), at: CodeLocation(fields: fields.dropFirst(5)))
            let node = node(below: parent < 0 ? -1 : numbers[parent], step)
            add(Tally(count, bytes: bytes), at: node)
            numbers.append(node)
        }
        return true
    }
}

extension CodeLocation {
    /// The place that `FILE LINE` name; nil where the file is empty or missing.
    init?(fields: ArraySlice<Substring>) {
        guard let file = fields.first, !file.isEmpty else { return nil }
        self.init(file: String(file), line: fields.dropFirst().first.flatMap { Int($0) })
    }
}
