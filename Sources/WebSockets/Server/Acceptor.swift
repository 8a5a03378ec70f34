import Glibc
import Logging
import Sockets
import SystemCalls

/// A listening socket on its loop.
final class Acceptor: Channel, @unchecked Sendable {
    private let server: ServerCore
    @exclusivity(unchecked) private var isOutOfDescriptors = false

    /// Connections accepted in one turn, so that a storm of them does not starve the open ones.
    private static let connectionsPerTurn = 64
    /// How long accepting pauses when there is no room or the process has no descriptor left.
    private static let restInterval = Duration.milliseconds(100)

    init(loop: EventLoop, server: ServerCore) {
        self.server = server
        super.init(loop: loop)
    }

    override func ready(for readiness: Readiness) {
        for _ in 0..<Self.connectionsPerTurn {
            guard server.makesRoomToAccept() else { return rest() }
            do throws(SystemCallError) {
                guard let descriptor = try withAccepted() else {
                    isOutOfDescriptors = false
                    return
                }
                server.accepted(descriptor, on: loop)
            } catch {
                // Evicts an unopened connection, which only holds its descriptor.
                if error.isOutOfDescriptors && server.giveUpOldest(because: .descriptors) { continue }
                if !isOutOfDescriptors {
                    isOutOfDescriptors = true
                    server.logger.warning("cannot accept connections for now: \(error)")
                }
                return rest()
            }
        }
    }

    /// A connection has ended: there may be room, and a descriptor, again.
    func connectionEnded() {
        guard isRegistered, interest.isEmpty else { return }
        setDeadline(.never)
        wait(for: .readable)
    }

    override func deadlineReached() {
        wait(for: .readable)
    }

    private func withAccepted() throws(SystemCallError) -> OwnedDescriptor? {
        let result = withDescriptor { descriptor -> AcceptResult in
            do throws(SystemCallError) {
                guard let accepted = try descriptor.accept() else { return .empty }
                return .accepted(accepted.release())
            } catch {
                return .failed(error)
            }
        }
        switch result {
        case .accepted(let number): return OwnedDescriptor(owning: number)
        case .failed(let error): throw error
        case .empty, nil: return nil
        }
    }

    private enum AcceptResult {
        case accepted(Int32)
        case empty
        case failed(SystemCallError)
    }

    /// Without room or descriptors the queue stays readable: waiting for it would spin.
    private func rest() {
        wait(for: [])
        setDeadline(loop.turnStart + Self.restInterval)
    }
}

extension SystemCallError {
    /// Whether the process, or the system, has no descriptor left.
    fileprivate var isOutOfDescriptors: Bool { errno == EMFILE || errno == ENFILE }
}
