import Glibc
import Sockets
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

/// The root of every suite that opens sockets: one test at a time, so that none starves another past its limits.
@Suite(.serialized)
struct OverTCP {}

/// Collects values from the loop's thread.
final class Collected<Value: Sendable>: Sendable {
    private let values = Locked([Value]())
    var all: [Value] { values.withLock { $0 } }
    var count: Int { values.withLock { $0.count } }
    func append(_ value: Value) { values.withLock { $0.append(value) } }
}

/// A handler made of closures.
final class ClosureHandler: ConnectionHandler, @unchecked Sendable {
    var onOpen: (Connection) -> Void = { _ in }
    var onMessage: (Connection, MessageKind, RawSpan) -> Void = { _, _, _ in }
    var onWritable: (Connection) -> Void = { _ in }
    var onClose: (Connection, CloseOutcome) -> Void = { _, _ in }

    func opened(_ connection: Connection) { onOpen(connection) }
    func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {
        onMessage(connection, kind, bytes)
    }
    func writable(_ connection: Connection) { onWritable(connection) }
    func closed(_ connection: Connection, _ outcome: CloseOutcome) { onClose(connection, outcome) }
}

/// An opening handshake that does not come to its end.
final class NeverOpening: Opening {
    let bufferedBytes = 0
    func connected(_ connection: Connection) {}
    func receive(_ input: RawSpan, at position: inout Int, on connection: Connection) -> OpeningStep { .needsMore }
    func failed(_ outcome: CloseOutcome) {}
}

/// Made once: a sanitizer takes a second for it.
private let mebibyte = pattern(1 << 20)

extension AsyncConnection {
    /// Sends to a peer that does not read until the send buffer takes no more.
    func fill() throws {
        var isFull = false
        for _ in 0..<200 where !isFull {
            do { try send(mebibyte) } catch { isFull = error == .bufferFull }
        }
        try #require(isFull)
    }
}

extension EventLoop {
    /// What the loop's thread uses of the processor while `duration` passes.
    func processorTime(over duration: Duration) async -> Duration {
        let before = await run { Self.threadTime }
        try? await Task.sleep(for: duration)
        return await run { Self.threadTime } - before
    }

    private static var threadTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

extension RawSpan {
    var text: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}

/// A server for one test, with how its connections ended; shut down hard afterwards.
struct TestServer {
    let server: WebSocketServer
    let outcomes: Collected<CloseOutcome>
    var address: SocketAddress { server.address }

    static func with(
        configure: (inout ServerConfiguration) -> Void = { _ in },
        handler: @escaping @Sendable (Upgrade) -> any ConnectionHandler = { _ in EchoHandler() },
        _ body: (TestServer) async throws -> Void
    ) async throws {
        var configuration = ServerConfiguration.patient
        configure(&configuration)
        let outcomes = Collected<CloseOutcome>()
        configuration.connectionEnds = { _, outcome in outcomes.append(outcome) }
        let server = try await WebSocketServer.start(configuration, makeHandler: handler)
        try await finishing(TestServer(server: server, outcomes: outcomes), body)
    }

    static func serving(
        configure: (inout ServerConfiguration) -> Void = { _ in },
        _ serve: @escaping @Sendable (isolated AsyncConnection, Upgrade) async throws -> Void,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        var configuration = ServerConfiguration.patient
        configure(&configuration)
        let outcomes = Collected<CloseOutcome>()
        configuration.connectionEnds = { _, outcome in outcomes.append(outcome) }
        let server = try await WebSocketServer.serve(configuration, serve)
        try await finishing(TestServer(server: server, outcomes: outcomes), body)
    }

    private static func finishing(_ server: TestServer, _ body: (TestServer) async throws -> Void) async throws {
        do {
            try await body(server)
        } catch {
            await server.server.shutdownNow()
            throw error
        }
        await server.server.shutdownNow()
    }

    /// The one outcome, once it is there.
    func outcome() async throws -> CloseOutcome {
        _ = await eventually { outcomes.count > 0 }
        return try #require(outcomes.all.first)
    }
}

/// Bytes that are not all alike and repeat at no power of two.
func pattern(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 % 251) }
}

/// Text of `count` ASCII letters.
func letters(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(ascii: "a") + UInt8($0 % 23) }
}
