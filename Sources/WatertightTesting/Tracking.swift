import SystemCalls
public import Testing

/// Has the leak check around this code report `object` if it is still alive when it should be gone.
///
/// The object is referred to weakly. Call it within the body of `expectNoLeaks` or a test with `.leakFree`, in the same
/// task or one of its child tasks; elsewhere an issue says that nobody looks at the object.
@discardableResult
public func track<Object: AnyObject>(_ object: Object, sourceLocation: SourceLocation = #_sourceLocation) -> Object {
    if let tracker = ObjectTracker.current {
        tracker.add(object)
    } else {
        Issue.record(
            "track(_:) is called outside of a leak check: call it within expectNoLeaks or a test with .leakFree",
            sourceLocation: sourceLocation)
    }
    return object
}

/// The objects that one leak check was told of.
final class ObjectTracker: Sendable {
    @TaskLocal static var current: ObjectTracker?

    /// Nothing is ever done to the object but to look whether it is there.
    private struct Tracked: @unchecked Sendable {
        weak var object: AnyObject?
        let identity: ObjectIdentifier
        let type: String
        var block = Holdings.before
    }

    private struct State: ~Copyable {
        var block = Holdings.before
        var tracked: [Tracked] = []
    }

    private let state = Locked(State())

    /// What is tracked from now on belongs to `block`.
    func begin(block: Int) {
        state.withLock { $0.block = block }
    }

    func add(_ object: AnyObject) {
        let tracked = Tracked(object: object, identity: ObjectIdentifier(object), type: "\(type(of: object))")
        state.withLock { state in
            // One that every run meets is one object, however often it is named.
            let isKnown = state.tracked.contains { $0.identity == tracked.identity && $0.object != nil }
            guard !isKnown else { return }
            state.tracked.append(tracked)
            state.tracked[state.tracked.count - 1].block = state.block
        }
    }

    /// Lets go of what is dead, and says how many live of each block.
    func alive() -> [Int: Int] {
        state.withLock { state in
            state.tracked.removeAll { $0.object == nil }
            return state.tracked.reduce(into: [:]) { $0[$1.block, default: 0] += 1 }
        }
    }

    /// The types of those that live, among those of `blocks`.
    func aliveTypes(in blocks: Range<Int>) -> [String] {
        state.withLock { state in
            state.tracked.filter { $0.object != nil && blocks.contains($0.block) }.map(\.type)
        }
    }
}
