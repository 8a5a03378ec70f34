/// Reads a whole answer to a request as it arrives: its head, then its body (RFC 9112, sections 4 and 6).
///
/// Interim answers are read over (RFC 9110, section 15.2).
package struct ResponseReader: ~Copyable {
    /// Why an answer cannot be read, to be said after the name of what sends it.
    package enum Failure: Error, Hashable {
        /// It is not HTTP.
        case malformedHead(HandshakeFailure.Reason)
        /// It begins like a record of TLS, in answer to a request in clear (RFC 8446, section 5.1).
        case encrypted
        /// Its body is malformed or too large.
        case body(HTTPBody.Failure)
    }

    /// The answer's head, once it is whole.
    package private(set) var head: ResponseHead?
    private var parser = ResponseHeadParser()
    private var content: HTTPBody?
    private let maximumBytes: Int
    /// Interim answers so far.
    private var interim = 0

    /// As many interim answers may come.
    private static let mostInterim = 100

    /// Begins at an answer's first byte; no more than `maximumBytes` of its body are taken.
    package init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// What has arrived of the body.
    package var body: [UInt8] { content?.bytes ?? [] }

    /// Whether all of the answer is here.
    package var isComplete: Bool { content?.isComplete ?? false }

    /// Whether it is whole when the stream ends now.
    package var mayEnd: Bool { content?.mayEnd ?? false }

    /// Takes what has come; what follows the answer is dropped.
    package mutating func receive(_ input: RawSpan) throws(Failure) {
        var position = 0
        while head == nil {
            switch parser.receive(input, at: &position) {
            case .needsMore: return
            case .failed(let failure):
                throw input.beginsRecord ? .encrypted : .malformedHead(failure.reason)
            case .complete(let head): try begin(after: head)
            }
        }
        do throws(HTTPBody.Failure) {
            try content?.receive(input.withUnsafeBytes { Array($0[position...]) }[...])
        } catch {
            throw .body(error)
        }
    }

    private mutating func begin(after head: ResponseHead) throws(Failure) {
        // A switch of protocols is the end of HTTP, and was not asked for.
        if (100..<200).contains(head.status), head.status != 101, interim < Self.mostInterim {
            interim += 1
            return
        }
        do throws(HTTPBody.Failure) {
            content = try HTTPBody(after: head, maximumBytes: maximumBytes)
        } catch {
            throw .body(error)
        }
        self.head = head
    }
}

extension ResponseReader.Failure: CustomStringConvertible {
    /// What the sender does, to be said after its name.
    package var description: String {
        switch self {
        case .malformedHead(let reason): "sends what is not HTTP/1.1 (\(reason))"
        case .encrypted: "speaks TLS on this port, and was asked in clear: write wss:// or https://"
        case .body(let failure): failure.problem
        }
    }
}
