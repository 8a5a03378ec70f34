/// The lists in which Node.js keeps timers of the same length.
///
/// Each timer holds those beside it, so that from one whose variable is known all others would seem to be held by that.
struct TimerLists {
    private let graph: HeapGraph
    private let list: UInt32?
    private let next: UInt32?
    private let previous: UInt32?

    init(_ graph: HeapGraph) {
        self.graph = graph
        list = graph.strings.number(of: "TimersList")
        next = graph.strings.number(of: "_idleNext")
        previous = graph.strings.number(of: "_idlePrev")
    }

    /// All lists of timers.
    var lists: [Int] {
        guard list != nil else { return [] }
        return (0..<graph.count).filter(isList)
    }

    private func isList(_ object: Int) -> Bool { graph.name(of: object) == list && graph.kind(of: object) == .object }

    /// Whether a property leads from a timer to one beside it.
    func isLink(_ name: UInt32) -> Bool { name == next || name == previous }

    /// The timers of `object`, where that is a list.
    func timers(of object: Int) -> [Int] {
        guard isList(object) else { return [] }
        var timers: [Int] = []
        var last = object
        // A list ends at its beginning. One that does not is none.
        while let timer = graph.target(of: last, .property, next), timer != object, timers.count < graph.count {
            timers.append(timer)
            last = timer
        }
        return timers
    }
}
