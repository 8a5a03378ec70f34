import SystemCalls
import WebSocketProtocol

/// A connection's life as a value: its phase, what holds its reading, when it was last heard of, and what an event means.
///
/// It decides, `Connection` performs: methods take the event and the time, change the value, and return an `Action` or a
/// deadline. It has no socket, no clock and no callback.
struct ConnectionLife: ~Copyable {
    /// How far the connection has come, with what is known there. Outcomes are boxed: they are rare, and large.
    enum Phase: Sendable {
        /// A TCP connect is under way.
        case connecting
        /// The opening handshake is under way.
        case handshaking
        case open
        /// A planned fault has occurred: what was sent before it still leaves, nothing else passes in either direction.
        /// With the outcome once our side has noticed.
        indirect case failing(FaultPlan.Failure, noticed: CloseOutcome?)
        /// Our Close is sent; we await the peer's. With the outcome if a limit made us close.
        indirect case closing(CloseOutcome?)
        /// All output is sent; we await the end of the stream, so that no unread byte turns our FIN into a reset.
        indirect case draining(CloseOutcome)
        case closed
    }

    /// Why an open connection takes no messages; the kernel makes the peer wait.
    struct ReadHold: OptionSet, Hashable, Sendable {
        let rawValue: UInt8

        /// The handler asked for it.
        static let paused = ReadHold(rawValue: 1)
        /// The peer does not read what it is sent.
        static let backPressure = ReadHold(rawValue: 2)
        /// A task got a message that it has yet to take, or to act on in this step.
        static let receiver = ReadHold(rawValue: 4)
    }

    /// Which side of the connection this is.
    let role: Role
    private let sharedLimits: SharedLimits
    var limits: ConnectionLimits { sharedLimits.limits }
    var phase: Phase
    var holds: ReadHold = []
    /// Whether a message was refused because the send buffer was full.
    var isRefused = false
    /// Whether the last read took everything that the kernel had.
    var isInputDrained = false
    /// Whether the peer's FIN was read while there was still something to send.
    var isInputEnded = false
    /// Whether the FIN comes alone, with nothing before it where bytes are encrypted.
    var endsBare = false
    var isAwaitingPong = false
    /// When the last byte came, or a peer that we do not read from was last seen to read.
    var lastReceived: MonotonicTime

    /// A client's connection begins with a TCP connect, a server's with the opening handshake.
    init(_ role: Role, limits: SharedLimits, at now: MonotonicTime) {
        self.role = role
        sharedLimits = limits
        phase = role == .client ? .connecting : .handshaking
        lastReceived = now
    }

    // MARK: Phases

    var isConnecting: Bool { if case .connecting = phase { true } else { false } }
    var isHandshaking: Bool { if case .handshaking = phase { true } else { false } }
    var isOpen: Bool { if case .open = phase { true } else { false } }
    var isFailing: Bool { if case .failing = phase { true } else { false } }
    var isDraining: Bool { if case .draining = phase { true } else { false } }
    var isClosed: Bool { if case .closed = phase { true } else { false } }

    /// Whether a planned fault has occurred that our side has not noticed yet.
    var isFailingUnnoticed: Bool { if case .failing(_, noticed: nil) = phase { true } else { false } }

    /// Whether messages are parsed now: the peer's Close is read even if no messages are taken.
    var parsesMessages: Bool {
        switch phase {
        case .open: holds.isEmpty
        case .closing: true
        case .connecting, .handshaking, .failing, .draining, .closed: false
        }
    }

    /// Whether input is dropped unread.
    var discardsInput: Bool { isDraining || isFailing }

    /// Whether input waits in the kernel for us to read on: only while open, so that the opening handshake and the peer's
    /// Close are read.
    var isReadingHeld: Bool { isOpen && !holds.isEmpty }

    /// Whether it waits for bytes of the peer.
    var awaitsInput: Bool { !isReadingHeld && !isInputEnded && !isFailing }

    /// The outcome that is already certain, should the stream end now.
    var pendingOutcome: CloseOutcome? {
        switch phase {
        case .failing(_, let noticed): noticed
        case .closing(let outcome): outcome
        case .draining(let outcome): outcome
        case .connecting, .handshaking, .open, .closed: nil
        }
    }
}
