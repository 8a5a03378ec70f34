import Remedies
import Sockets
import SystemCalls
import WebSocketProtocol

/// A GET over HTTP or HTTPS, with limits on time and size.
enum HTTPFetch {
    /// From the first connect to the last byte.
    static let timeLimit = Duration.seconds(10)
    /// Of the body, unless the page is known to be larger.
    static let maximumBytes = 1 << 20

    /// The body of the page.
    static func body(
        at location: HTTPLocation, within limit: Duration = timeLimit, maximumBytes: Int = maximumBytes
    ) async throws(HeapProbeFailure) -> [UInt8] {
        do {
            return try await Thread.run("heap page") { try fetch(location, .now + limit, maximumBytes) }.get()
        } catch {
            throw error as? HeapProbeFailure ?? HeapProbeFailure("\(location) cannot be read: \(error)")
        }
    }

    private static func fetch(
        _ location: HTTPLocation, _ deadline: MonotonicTime, _ maximumBytes: Int
    ) throws -> [UInt8] {
        var last: (any Error)?
        for address in try Resolver.addressesBlocking(of: location.host, port: location.port) {
            let stream: HTTPStream
            do throws(SystemCallError) {
                stream = try HTTPStream(OwnedDescriptor.connected(to: address, by: deadline), location, deadline)
            } catch {
                last = error
                continue
            }
            // An HTTP/1.0 client is sent no interim answers, and chunks only by servers that take no heed of it.
            let request =
                "GET \(location.target) HTTP/1.0\r\nHost: \(location.hostField)\r\nUser-Agent: watertight\r\n"
                + "Accept: */*\r\nConnection: close\r\n\r\n"
            try stream.send(Array(request.utf8))
            return try response(stream, location, maximumBytes)
        }
        throw last ?? HeapProbeFailure("\(location) has no address")
    }

    private static func response(
        _ stream: HTTPStream, _ location: HTTPLocation, _ maximumBytes: Int
    ) throws -> [UInt8] {
        var reader = ResponseReader(maximumBytes: maximumBytes)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !reader.isComplete {
            let count = try stream.read(into: &buffer)
            if count == 0 { break }
            do throws(ResponseReader.Failure) {
                try reader.receive(buffer.span.bytes.extracting(0..<count))
            } catch {
                throw HeapProbeFailure("\(location) \(error)")
            }
            if let head = reader.head { try check(head, location) }
        }
        // Where the end of the stream is that of the body, only close_notify tells it from one that was cut.
        guard reader.isComplete || reader.mayEnd && !stream.isTruncated else {
            throw HeapProbeFailure("\(location) ended its answer early")
        }
        return reader.body
    }

    private static func check(_ head: ResponseHead, _ location: HTTPLocation) throws(HeapProbeFailure) {
        guard (200..<300).contains(head.status) else {
            throw HeapProbeFailure(
                "\(location) answers with HTTP status \(head.status) \(head.reason.escapedForTerminal): correct the URL"
            )
        }
    }
}
