import Sockets
import SystemCalls
import WebSocketProtocol

@testable import WebSockets

/// Lives of connections in memory: no socket, and time that only the test moves.
enum Lives {
    static let start = MonotonicTime(nanoseconds: 1_000_000_000_000)

    static let limits: ConnectionLimits = {
        var limits = ConnectionLimits()
        limits.connectLimit = .seconds(1)
        limits.handshakeLimit = .seconds(2)
        limits.idleLimit = .seconds(60)
        limits.pingInterval = .seconds(20)
        limits.closeLimit = .seconds(5)
        limits.sendBufferBytes = 1600
        return limits
    }()

    static func life(_ role: Role, _ change: (inout ConnectionLimits) -> Void = { _ in }) -> ConnectionLife {
        var limits = Self.limits
        change(&limits)
        return ConnectionLife(role, limits: SharedLimits(limits), at: start)
    }

    /// An open connection.
    static func open(_ role: Role, _ change: (inout ConnectionLimits) -> Void = { _ in }) -> ConnectionLife {
        var life = life(role, change)
        _ = life.connectEnded(nil, at: start)
        _ = life.opened(at: start, unsentBytes: 0)
        return life
    }

    static let broken = SystemCallError(.recv, errno: 104)
    /// What a connection's end is called where a reset is.
    static let reset = CloseOutcome(.broken(broken))
}

/// Where a life can stand: its phases, divided by what is known in them.
enum LifeStage: CaseIterable {
    case connecting, handshaking, open, failing, failingNoticed, closing, closingByLimit, draining, closed

    /// The outcome that is certain there, should the stream end.
    var pending: CloseOutcome? {
        switch self {
        case .connecting, .handshaking, .open, .failing, .closing, .closed: nil
        case .failingNoticed, .closingByLimit: CloseOutcome(.limit(.idle), code: .goingAway, reason: "idleLimit")
        case .draining: CloseOutcome(.peerClosed, code: .normalClosure, reason: "bye")
        }
    }

    /// A life that stands there.
    func life(_ role: Role, failing failure: FaultPlan.Failure = .timeout) -> ConnectionLife {
        let now = Lives.start
        var life = Lives.life(role)
        if self == .connecting { return life }
        _ = life.connectEnded(nil, at: now)
        if self == .handshaking { return life }
        _ = life.opened(at: now, unsentBytes: 0)
        switch self {
        case .connecting, .handshaking, .open: break
        case .failing: _ = life.messageLost(to: failure)
        case .failingNoticed:
            _ = life.messageLost(to: failure)
            _ = life.close(.goingAway, reason: "idleLimit", because: .idle, at: now)
        case .closing: _ = life.close(.normalClosure, reason: "", at: now)
        case .closingByLimit: _ = life.close(.goingAway, reason: "idleLimit", because: .idle, at: now)
        case .draining: _ = life.peerClosed(.normalClosure, reason: "bye", at: now)
        case .closed: _ = life.end(CloseOutcome(.aborted))
        }
        return life
    }

    /// Where `life` stands.
    init(of life: borrowing ConnectionLife) {
        switch life.phase {
        case .connecting: self = .connecting
        case .handshaking: self = .handshaking
        case .open: self = .open
        case .failing(_, let noticed): self = noticed == nil ? .failing : .failingNoticed
        case .closing(let outcome): self = outcome == nil ? .closing : .closingByLimit
        case .draining: self = .draining
        case .closed: self = .closed
        }
    }
}
