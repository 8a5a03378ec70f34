import Managers
import SystemCalls

/// A resource that closes as its test wants it.
final class FakeResource: ManagedResource {
    enum Behaviour { case closesAtOnce, closesWhenTold, closesHardOnly, neverCloses }

    private struct State {
        var manager: Manager?
        var reasons: [CleanupReason] = []
        var hardCount = 0
    }

    let behaviour: Behaviour
    private let state = Locked(State())

    init(_ behaviour: Behaviour = .closesAtOnce) {
        self.behaviour = behaviour
    }

    var reasons: [CleanupReason] { state.withLock { $0.reasons } }
    var hardCount: Int { state.withLock { $0.hardCount } }

    func joined(_ manager: Manager) {
        state.withLock { $0.manager = manager }
    }

    func beginClosing(for reason: CleanupReason) {
        state.withLock { $0.reasons.append(reason) }
        if behaviour == .closesAtOnce { end() }
    }

    func closeHard() {
        state.withLock { $0.hardCount += 1 }
        if behaviour != .neverCloses { end() }
    }

    /// Its descriptor is gone.
    func end() {
        state.withLock { $0.manager.take() }?.release(self)
    }
}

typealias Factory = ManagerFactory

extension ManagerFactory {
    /// Admits a new resource.
    @discardableResult
    func open(
        _ user: String?, _ connection: String, _ behaviour: FakeResource.Behaviour = .closesAtOnce
    ) throws(ManagerRefusal) -> (manager: Manager, resource: FakeResource) {
        let resource = FakeResource(behaviour)
        let manager = try admit(resource, for: ManagerIdentity(user: user, connection: connection))
        resource.joined(manager)
        return (manager, resource)
    }
}

/// Collects what an observer is told.
final class Events: Sendable {
    private let events = Locked([ManagerEvent]())
    var all: [ManagerEvent] { events.withLock { $0 } }
    func append(_ event: ManagerEvent) { events.withLock { $0.append(event) } }

    var cleanups: [Cleanup] {
        all.compactMap { if case .cleanedUp(let cleanup) = $0 { cleanup } else { nil } }
    }
}
