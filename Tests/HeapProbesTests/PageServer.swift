import Glibc
import Sockets
import SystemCalls

/// Answers one request at a time with given bytes.
final class PageServer: Sendable {
    private let listener: OwnedDescriptor
    let port: UInt16

    init() throws {
        listener = try OwnedDescriptor.listening(on: .loopback(port: 0))
        port = try listener.localAddress().port
    }

    func answering<Value>(_ answer: String, _ body: () async throws -> Value) async throws -> Value {
        let number = listener.rawValue
        try Thread.detach(name: "page") {
            guard Polling.wait(for: POLLIN, on: number, until: .now + .seconds(600)) else { return }
            let connection = accept(number, nil, nil)
            var request = [UInt8](repeating: 0, count: 4096)
            _ = recv(connection, &request, request.count, 0)
            var rest = Array(answer.utf8)[...]
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                if sent <= 0 { break }
                rest = rest.dropFirst(sent)
            }
            close(connection)
        }
        return try await body()
    }
}
