import SystemCalls
public import Testing

/// Makes the surrounding leak check report `object` if it is still alive when it should be gone.
///
/// The reference is weak. Call it within the body of `expectNoLeaks` or a test with `.leakFree`, in the same task or
/// one of its child tasks; elsewhere it records an issue that the object is not tracked.
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

/// The objects that one leak check tracks.
final class ObjectTracker: Sendable {
    @TaskLocal static var current: ObjectTracker?

    /// The object is only tested for being alive.
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

    /// Objects tracked from now on belong to `block`.
    func begin(block: Int) {
        state.withLock { $0.block = block }
    }

    func add(_ object: AnyObject) {
        let tracked = Tracked(object: object, identity: ObjectIdentifier(object), type: "\(type(of: object))")
        state.withLock { state in
            // An object that every run tracks is one object.
            let isKnown = state.tracked.contains { $0.identity == tracked.identity && $0.object != nil }
            guard !isKnown else { return }
            state.tracked.append(tracked)
            state.tracked[state.tracked.count - 1].block = state.block
        }
    }

    /// Removes dead objects; returns how many of each block are alive.
    func alive() -> [Int: Int] {
        state.withLock { state in
            state.tracked.removeAll { $0.object == nil }
            return state.tracked.reduce(into: [:]) { $0[$1.block, default: 0] += 1 }
        }
    }

    /// The types of the live ones of `blocks`.
    func aliveTypes(in blocks: Range<Int>) -> [String] {
        state.withLock { state in
            state.tracked.filter { $0.object != nil && blocks.contains($0.block) }.map(\.type)
        }
    }
}
