public import Sockets
import SystemCalls
public import WebSocketProtocol

/// A client connection to an echo server that watches itself: its state, what it sent, whether every echo is right, and
/// what failed.
///
/// Give its configuration a `FaultPlan` to have it suffer a bad network. An actor that lives on its event loop; any
/// number of tasks may send at a time. One that nobody refers to any more is closed with 1001.
public actor ConnectionUnderTest {
    /// Where a connection stands in its life.
    public enum State: Hashable, Sendable, CaseIterable {
        /// It has not yet opened.
        case connecting
        /// The opening handshake is complete.
        case connected
        /// The closing handshake is under way, or the end of the stream is awaited.
        case closing
        /// It has ended, or could not be opened.
        case closed
    }

    /// The number that tells it from other connections; also its `ordinal` in a `FaultPlan`.
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

    /// A connection that is yet to be opened with `connect()`; throws `WebSocketURLError`.
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

    /// Where it stands now.
    public var state: State {
        guard let connection else { return hasFailedToOpen ? .closed : .connecting }
        switch connection.phase {
        case .connecting, .handshaking: return .connecting
        case .open: return .connected
        case .failing: return connection.isFailingUnnoticed ? .connected : .closing
        case .closing, .draining: return .closing
        case .closed: return .closed
        }
    }

    /// The last messages it sent, the oldest first: a thousand or a mebibyte of them, whichever is less.
    public var sent: [SentMessage] { history.messages }

    /// Echoes that came and were right.
    public var echoesValidated: Int { ledger.echoesValidated }

    /// Messages that came and answered none.
    public var unexpectedMessages: Int { ledger.unexpectedMessages }

    /// What went wrong last; nil when nothing has.
    public var lastFailure: EchoFailure? { ledger.lastFailure }

    /// What its `FaultPlan` has done to it, if anything.
    public var injectedFailure: FaultPlan.Failure? { connection?.injectedFailure }

    /// How it ended; nil while it has not, or when it never opened.
    public var outcome: CloseOutcome? { ledger.outcome }

    /// Sends a message and waits until its echo has come and is the same, kind and bytes.
    ///
    /// Throws `EchoFailure`. A cancelled task waits for the echo, or its limit, all the same.
    public func send(_ message: Message) async throws(EchoFailure) {
        guard let connection else {
            sendFailures += 1
            throw .notSent(.closed)
        }
        history.append(SentMessage(connectionID: id, payload: message, time: .now))
        let echoed = await withUnsafeContinuation { continuation in
            ledger.send(message, on: connection, within: echoLimit, continuation)
        }
        if case .failure(let failure) = echoed {
            sendFailures += 1
            throw failure
        }
    }

    /// Sends a text message and waits for its echo, as `send(_:)` of a message.
    public func send(_ text: String) async throws(EchoFailure) {
        var text = text
        try await send(text.withUTF8 { Message(.text, UnsafeRawBufferPointer($0).bytes) })
    }

    /// Sends a binary message and waits for its echo, as `send(_:)` of a message.
    public func send(_ bytes: [UInt8]) async throws(EchoFailure) {
        try await send(Message(.binary, bytes.span.bytes))
    }

    /// Begins the closing handshake and waits for its end, at most the connection's `closeLimit`; nil when it never opened.
    @discardableResult
    public func close(_ code: CloseCode = .normalClosure, reason: String = "") async -> CloseOutcome? {
        connection?.close(code, reason: reason)
        return await closed()
    }

    /// Ends the connection at once, with a reset on the wire.
    public func closeNow() {
        connection?.closeNow()
    }

    /// Waits until the connection has ended, by whichever side; nil when it never opened.
    public func closed() async -> CloseOutcome? {
        guard connection != nil else { return nil }
        return await withUnsafeContinuation { ledger.addCloseWaiter($0) }
    }

    /// Nobody can close it any more: the server is told, instead of being kept until some limit runs out.
    deinit {
        loop.execute { [connection] in connection?.close(.goingAway) }
    }
}
