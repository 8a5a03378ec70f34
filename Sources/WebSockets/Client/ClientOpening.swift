import Sockets
import SystemCalls
import WebSocketProtocol

/// The client's side of the opening handshake (RFC 6455, section 4.1).
final class ClientOpening: Opening, @unchecked Sendable {
    /// Called once with the handshake's result; returns the handler of an open connection.
    typealias Finished = (Result<(Connection, String?), ConnectFailure>) -> any ConnectionHandler

    /// Must be set before the connection begins.
    var finished: Finished?
    let address: SocketAddress
    private var handshake: ClientHandshake
    private let encryption: (any EncryptionSource)?
    private let serverName: String?
    private var isConnected = false

    init(
        address: SocketAddress, handshake: consuming ClientHandshake, encryption: (any EncryptionSource)?,
        serverName: String?
    ) {
        self.address = address
        self.handshake = handshake
        self.encryption = encryption
        self.serverName = serverName
    }

    /// The handshake that a configuration asks for.
    convenience init(
        _ address: SocketAddress, _ url: WebSocketURL, _ configuration: ClientConfiguration
    ) throws(ClientRequestError) {
        let handshake = try ClientHandshake(
            host: url.hostField, target: url.target, fields: configuration.fields,
            subprotocols: configuration.subprotocols, origin: configuration.origin,
            deflate: configuration.compression, limits: configuration.limits.handshake)
        self.init(
            address: address, handshake: handshake, encryption: url.isSecure ? configuration.encryption : nil,
            serverName: url.host)
    }

    var bufferedBytes: Int { handshake.bufferedCapacity }

    func connected(_ connection: Connection) {
        isConnected = true
        do throws(EncryptionFailure) {
            connection.encryption = try encryption?.makeEncryption(serverName: serverName, on: connection.loop)
        } catch {
            return connection.end(CloseOutcome(.encryptionFailed(error)))
        }
        connection.buffers.claimCork(for: connection)
        handshake.encodeRequest(into: &connection.buffers.cork)
    }

    func receive(_ input: RawSpan, at position: inout Int, on connection: Connection) -> OpeningStep {
        switch handshake.receive(input, at: &position) {
        case .needsMore: return .needsMore
        case .complete(let accepted):
            guard let finished = finished.take() else { return .failed(CloseOutcome(.aborted)) }
            return .opened(accepted.deflate) { finished(.success((connection, accepted.subprotocol))) }
        case .failed(.refused(let head)):
            _ = finished.take()?(.failure(.refused(head)))
            return .failed(CloseOutcome(.handshakeFailure(status: head.status)))
        case .failed(let failure):
            _ = finished.take()?(.failure(.invalidResponse("\(failure)")))
            return .failed(CloseOutcome(.aborted))
        }
    }

    func failed(_ outcome: CloseOutcome) {
        _ = finished.take()?(.failure(isConnected ? .ended(outcome) : .unreachable(address, outcome)))
    }
}
