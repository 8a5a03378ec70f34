import Sockets
import WebSocketProtocol

/// The server's side of the opening handshake (RFC 6455, section 4.2).
final class ServerOpening: Opening {
    private let server: ServerCore
    private var parser: RequestHeadParser
    /// Whether the answer was that there is no room for another connection.
    private(set) var isRefusedForRoom = false

    init(server: ServerCore) {
        self.server = server
        parser = RequestHeadParser(limits: server.configuration.limits.handshake)
    }

    func connected(_ connection: Connection) {}

    func receive(_ input: RawSpan, at position: inout Int, on connection: Connection) -> OpeningStep {
        switch parser.receive(input, at: &position) {
        case .needsMore: return .needsMore
        case .failed(let failure): return answer(HTTPResponse(refusing: failure), on: connection)
        case .complete(let head):
            switch ServerHandshake.evaluate(
                head, subprotocols: server.configuration.subprotocols, deflate: server.configuration.compression)
            {
            case .notUpgrade: return answer(server.configuration.httpResponse(head), on: connection)
            case .refuse(let failure): return answer(HTTPResponse(refusing: failure), on: connection)
            case .upgrade(let acceptance):
                if server.isOverCapacity {
                    isRefusedForRoom = true
                    server.refusedForRoom()
                    return answer(.overCapacity, on: connection)
                }
                if let refusal = server.configuration.refusal(head) { return answer(refusal, on: connection) }
                connection.loop.claimCork(for: connection)
                acceptance.encode(into: &connection.buffers.cork)
                let upgrade = Upgrade(request: head, subprotocol: acceptance.subprotocol)
                return .opened(acceptance.deflate) { [server] in server.makeHandler(upgrade) }
            }
        }
    }

    func failed(_ outcome: CloseOutcome) {}

    private func answer(_ response: HTTPResponse, on connection: Connection) -> OpeningStep {
        connection.loop.claimCork(for: connection)
        response.encode(into: &connection.buffers.cork)
        return .answered(status: response.status)
    }
}
