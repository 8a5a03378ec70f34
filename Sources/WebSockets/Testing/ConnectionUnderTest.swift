public import Sockets
import SystemCalls
public import WebSocketProtocol

/// A client connection to an echo server that tracks itself: its state, what it sent, whether every echo is right, and
/// what failed.
///
/// Give its configuration a `FaultPlan` to simulate a bad network. An actor that lives on its event loop; any number of
/// tasks may send at a time. Without references it is closed with 1001.
public actor ConnectionUnderTest {
    /// The state of a connection's life.
    public enum State: Hashable, Sendable, CaseIterable {
        /// It has not yet opened.
        case connecting
        /// The opening handshake is complete.
        case connected
        /// The closing handshake is under way, or it awaits the end of the stream.
        case closing
        /// It has ended, or could not be opened.
        case closed
    }

    /// A number that identifies it; also its `ordinal` in a `FaultPlan`.
    public nonisolated let id: Int
    /// The loop that is its executor.
    public nonisolated let loop: EventLoop
    private let url: WebSocketURL
    private let configuration: ClientConfiguration
    private let echoLimit: Duration
    private var connection: Connection?
    private var ledger = EchoLedger()
    private var hasFailedToOpen = false
    private var history = SentHistory()
    /// Sends that failed, for whatever reason.
    public private(set) var sendFailures = 0

    /// The loop.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// An unopened connection, for `connect()`; throws `WebSocketURLError`.
    public init(
        to url: String, id: Int, configuration: ClientConfiguration = ClientConfiguration(),
        echoLimit: Duration = .seconds(5), on loop: EventLoop = .shared
    ) throws {
        self.url = try WebSocketURL(url)
        self.id = id
        self.loop = loop
        self.echoLimit = echoLimit
        var configuration = configuration
        configuration.faults?.ordinal = UInt64(bitPattern: Int64(id))
        self.configuration = configuration
    }

    /// A connection that is open; throws like `WebSocketClient.connect`.
    public static func connect(
        to url: String, id: Int, configuration: ClientConfiguration = ClientConfiguration(),
        echoLimit: Duration = .seconds(5), on loop: EventLoop = .shared
    ) async throws -> ConnectionUnderTest {
        let connection = try ConnectionUnderTest(
            to: url, id: id, configuration: configuration, echoLimit: echoLimit, on: loop)
        try await connection.connect()
        return connection
    }

    /// Opens the connection, once; throws like `WebSocketClient.connect`.
    public func connect() async throws {
        precondition(connection == nil && !hasFailedToOpen, "a connection under test is opened once")
        do {
            connection = try await WebSocketClient.connect(
                to: url, configuration, on: loop, handler: { [ledger] in ledger }, { connection, _, _ in connection })
        } catch {
            hasFailedToOpen = true
            throw error
        }
    }

    /// Its state now.
    public var state: State {
        guard let connection else { return hasFailedToOpen ? .closed : .connecting }
        switch connection.life.phase {
        case .connecting, .handshaking: return .connecting
        case .open: return .connected
        case .failing(_, noticed: nil): return .connected
        case .failing, .closing, .draining: return .closing
        case .closed: return .closed
        }
    }

    /// The last messages it sent, the oldest first: a thousand or a mebibyte of them, whichever is less.
    public var sent: [SentMessage] { history.messages }

    /// Echoes that came and were right.
    public var echoesValidated: Int { ledger.echoesValidated }

    /// Messages that arrived and were no echo.
    public var unexpectedMessages: Int { ledger.unexpectedMessages }

    /// What went wrong last; nil if nothing has.
    public var lastFailure: EchoFailure? { ledger.lastFailure }

    /// The failure that its `FaultPlan` injected, if any.
    public var injectedFailure: FaultPlan.Failure? { connection?.injectedFailure }

    /// How it ended; nil until then, or if it never opened.
    public var outcome: CloseOutcome? { ledger.outcome }

    /// Sends a message and waits for its echo, which must have the same kind and bytes; a `limit` stands for this message
    /// in place of the connection's own.
    ///
    /// Throws `EchoFailure`. A cancelled task still waits for the echo or its limit.
    public func send(_ message: Message, within limit: Duration? = nil) async throws(EchoFailure) {
        guard let connection else {
            sendFailures += 1
            throw .notSent(.closed)
        }
        history.append(SentMessage(connectionID: id, payload: message, time: .now))
        let echoed = await withUnsafeContinuation { continuation in
            ledger.send(message, on: connection, within: limit ?? echoLimit, continuation)
        }
        if case .failure(let failure) = echoed {
            sendFailures += 1
            throw failure
        }
    }

    /// Sends a text message and waits for its echo, as `send(_:within:)` of a message.
    public func send(_ text: String, within limit: Duration? = nil) async throws(EchoFailure) {
        var text = text
        try await send(text.withUTF8 { Message(.text, UnsafeRawBufferPointer($0).bytes) }, within: limit)
    }

    /// Sends a binary message and waits for its echo, as `send(_:within:)` of a message.
    public func send(_ bytes: [UInt8], within limit: Duration? = nil) async throws(EchoFailure) {
        try await send(Message(.binary, bytes.span.bytes), within: limit)
    }

    /// Begins the closing handshake and waits for its end, at most the connection's `closeLimit`; nil if it never
    /// opened.
    @discardableResult
    public func close(_ code: CloseCode = .normalClosure, reason: String = "") async -> CloseOutcome? {
        connection?.close(code, reason: reason)
        return await closed()
    }

    /// Ends the connection at once, with a reset on the wire.
    public func closeNow() {
        connection?.closeNow()
    }

    /// Waits until the connection has ended, from either side; nil if it never opened.
    public func closed() async -> CloseOutcome? {
        guard connection != nil else { return nil }
        return await withUnsafeContinuation { ledger.addCloseWaiter($0) }
    }

    /// No reference is left to close it: close now, instead of keeping the server until some limit expires.
    deinit {
        loop.execute { [connection] in connection?.close(.goingAway) }
    }
}
