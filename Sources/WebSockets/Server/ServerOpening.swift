import Logging
import Sockets
import SystemCalls
import WebSocketProtocol

/// The server's side of the opening handshake (RFC 6455, section 4.2).
final class ServerOpening: Opening {
    private let server: ServerCore
    @exclusivity(unchecked) private var parser: RequestHeadParser
    /// The connection to open; it owns this object. A weak reference would slow down every later reference to the
    /// connection.
    @exclusivity(unchecked) unowned var connection: Connection?
    /// When the connection was accepted.
    let begun: MonotonicTime

    // The place among the server's unopened connections, kept by `UnopenedConnections`.
    @exclusivity(unchecked) var older: ServerOpening?
    @exclusivity(unchecked) var newer: ServerOpening?
    @exclusivity(unchecked) var isListed = false

    init(server: ServerCore, begun: MonotonicTime) {
        self.server = server
        self.begun = begun
        parser = RequestHeadParser(limits: server.configuration.limits.handshake)
    }

    var bufferedBytes: Int { parser.bufferedCapacity }

    func connected(_ connection: Connection) {}

    func receive(_ input: RawSpan, at position: inout Int, on connection: Connection) -> OpeningStep {
        switch parser.receive(input, at: &position) {
        case .needsMore: return .needsMore
        case .failed(let failure): return refuse(failure, on: connection)
        case .complete(let head):
            switch ServerHandshake.evaluate(
                head, subprotocols: server.configuration.subprotocols, deflate: server.configuration.compression)
            {
            case .notUpgrade: return answer(server.configuration.httpResponse(head), on: connection)
            case .refuse(let failure): return refuse(failure, on: connection)
            case .upgrade(let acceptance):
                guard server.hasRoom else { return answer(.overCapacity, because: .connections, on: connection) }
                if let refusal = server.configuration.refusal(head) { return answer(refusal, on: connection) }
                var refusalHandler: RefusalHandler?
                switch server.managers?.admit(connection, head) {
                case .admitted, nil: break
                case .answer(let response, let limit): return answer(response, because: limit, on: connection)
                case .close(let reason, let limit):
                    if let limit { server.note(limit, on: connection.loop) }
                    refusalHandler = RefusalHandler(reason: reason)
                }
                connection.buffers.claimCork(for: connection)
                // Another connection's output went out meanwhile, and may have needed the memory that this one held.
                guard connection.life.isHandshaking else { return .failed(CloseOutcome(.aborted)) }
                guard server.opens(self) else { return answer(.overCapacity, because: .connections, on: connection) }
                acceptance.encode(into: &connection.buffers.cork)
                let upgrade = Upgrade(request: head, subprotocol: acceptance.subprotocol)
                return .opened(acceptance.deflate) { [server] in refusalHandler ?? server.makeHandler(upgrade) }
            }
        }
    }

    func failed(_ outcome: CloseOutcome) {}

    private func refuse(_ failure: HandshakeFailure, on connection: Connection) -> OpeningStep {
        server.logger.debug("opening handshake refused: \(failure)")
        let limit: LimitName? =
            switch failure.reason {
            case .headTooLarge: .head
            case .tooManyFields: .fields
            default: nil
            }
        return answer(HTTPResponse(refusing: failure), because: limit, on: connection)
    }

    private func answer(
        _ response: HTTPResponse, because limit: LimitName? = nil, on connection: Connection
    ) -> OpeningStep {
        connection.buffers.claimCork(for: connection)
        response.encode(into: &connection.buffers.cork)
        return .answered(status: response.status, limit)
    }
}
