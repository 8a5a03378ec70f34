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
