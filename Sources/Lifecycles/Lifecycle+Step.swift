extension Lifecycle {
    /// One act of the peer, or one wait for the target.
    ///
    /// What a step carries is kept aside, so that the peers copy and compare steps at the cost of a word.
    public enum Step: Hashable, Sendable, Codable, CustomStringConvertible {
        /// Makes a request over HTTP on a connection of its own, and waits for the answer and the end of that connection.
        indirect case http(HTTPRequest)
        /// Sends the opening handshake's request.
        case sendRequest
        /// Sends the opening handshake's request for a path and query of its own.
        indirect case sendRequestFor(Template)
        /// Sends a request that the target has reason to refuse.
        case sendFaultyRequest(RequestFault)
        /// Sends the first half of the request.
        case sendHalfRequest
        /// Sends the request a byte at a time, until the hold limit or the target ends it.
        case trickleRequest
        /// Waits for a valid 101.
        case awaitUpgrade
        /// Waits for an answer that is not 101, or for the end of the stream.
        case awaitRefusal
        /// Waits until something has arrived, and leaves it unread.
        case awaitUnread
        /// Sends so many messages; of so many bytes, or the script's own.
        indirect case sendMessages(Int, bytes: Int? = nil)
        /// Sends a text message.
        indirect case send(Template)
        /// Sends a binary message.
        case sendBinary([UInt8])
        /// Sends bytes as they are, which need not be a frame.
        case sendOctets([UInt8])
        /// Waits for a message like this, at most so long; nil is the script's limit of a step.
        ///
        /// Messages that are not like it are passed over. Those that came before count, unless another `expect` had
        /// them.
        indirect case expect(Expectation, within: Duration?)
        /// Keeps a value of the message that was expected last, under a name for later templates.
        indirect case capture(String, from: JSONPointer)
        /// Waits for so many messages, if the target is known to answer.
        case awaitReplies(Int)
        /// Sends so many Pings.
        case sendPings(Int)
        /// Waits for the Pong to the last Ping.
        case awaitPong
        /// Sends bytes that are not a whole frame, or not an allowed one.
        case sendBytes(FramePiece)
        /// Makes the target close: sends the script's closing message, or without one a frame that the target must
        /// refuse.
        case provokeClose
        /// Reads from now on, but neither parses nor answers.
        case ignoreTarget
        /// Reads no more.
        case stopReading
        /// Reads again.
        case resumeReading
        /// Sends a Close frame with 1000.
        case sendClose
        /// Sends a Close frame with a code and a reason.
        indirect case sendCloseWith(UInt16, reason: Template)
        /// Waits for the target's Close frame.
        case awaitClose
        /// Waits for the end of the stream, as a client does after the closing handshake.
        case awaitEnd
        /// Stays until the hold limit, or until the target ends the stream.
        case hold
        /// Stays for a time of its own, or until the target ends the stream.
        indirect case holdFor(Duration)
        /// Stays until the hold limit whatever the target does, like a vanished peer.
        case stay
        /// Waits until every peer of the drive has reached this step.
        case rendezvous
        /// Does something, or waits for something, that is about TLS.
        indirect case tls(TLSStep)
        /// Closes TCP: a FIN, or a reset if unread bytes are left.
        case leaveWithFIN
        /// Resets TCP.
        case leaveWithReset

        /// Whether it lasts until the target acts.
        var isWait: Bool {
            switch self {
            case .awaitUpgrade, .awaitRefusal, .awaitUnread, .awaitReplies, .awaitPong, .awaitClose, .awaitEnd, .expect:
                true
            case .http: true
            case .tls(let step): step.isWait
            default: false
            }
        }

        /// Whether the peer stays for a while.
        public var isStay: Bool {
            switch self {
            case .hold, .holdFor, .stay, .trickleRequest: true
            default: false
            }
        }

        /// Whether it sends a whole opening handshake's request.
        public var isRequest: Bool {
            switch self {
            case .sendRequest, .sendRequestFor: true
            default: false
            }
        }

        /// Whether it sends any part of an opening handshake's request, or of one like it.
        var beginsRequest: Bool {
            switch self {
            case .sendFaultyRequest, .sendHalfRequest, .trickleRequest: true
            default: isRequest
            }
        }

        /// Whether it makes a request over HTTP.
        public var isHTTP: Bool { if case .http = self { true } else { false } }

        /// Whether it may stand before the peer's own connection, once a request was made over HTTP.
        var isAboutAnswer: Bool {
            switch self {
            case .http, .expect, .capture: true
            default: false
            }
        }

        /// Whether it sends a Close frame.
        public var isClose: Bool {
            switch self {
            case .sendClose, .sendCloseWith: true
            default: false
            }
        }

        /// How many bytes it sends at least, without the framing.
        var sentBytes: Int {
            switch self {
            case .http(let request): request.body.description.utf8.count
            case .sendMessages(let count, let bytes): count * (bytes ?? 1)
            case .send(let text): text.description.utf8.count
            case .sendBinary(let bytes), .sendOctets(let bytes): bytes.count
            default: 0
            }
        }

        /// Whether it ends the connection.
        public var isLeaving: Bool { self == .leaveWithFIN || self == .leaveWithReset }

        /// The templates that it fills.
        public var templates: [Template] {
            switch self {
            case .sendRequestFor(let template), .send(let template), .sendCloseWith(_, let template),
                .expect(.text(let template), _):
                [template]
            case .http(let request): [request.path, request.body]
            default: []
            }
        }

        /// Whether it waits for a certain message.
        var isExpectation: Bool { if case .expect = self { true } else { false } }

        /// Whether it sends something to an upgraded target, other than leaving.
        var sendsToApplication: Bool {
            switch self {
            case .sendMessages, .sendPings, .sendBytes, .provokeClose, .send, .sendBinary, .sendOctets: true
            default: false
            }
        }

        /// The step in words, for a report of what went wrong.
        public var description: String {
            switch self {
            case .http(let request): "waiting for the answer to \(request)"
            case .awaitUpgrade: "waiting for the answer to the upgrade"
            case .awaitRefusal: "waiting for the refusal"
            case .awaitUnread: "waiting for anything to arrive"
            case .awaitReplies(let count): count == 1 ? "waiting for a reply" : "waiting for \(count) replies"
            case .expect(let expectation, _): "waiting for a message with \(expectation)"
            case .capture(let name, _): "capturing {\(name)}"
            case .awaitPong: "waiting for the Pong"
            case .awaitClose: "waiting for the Close frame"
            case .awaitEnd: "waiting for the end of the stream"
            case .tls(let step): "\(step)"
            case .hold, .holdFor, .stay, .rendezvous: "holding the connection open"
            default: "sending"
            }
        }
    }
}

extension [Lifecycle.Step] {
    /// The steps that come before the peer's own connection: requests over HTTP, and what is made of their answers.
    var beforeConnection: ArraySlice<Lifecycle.Step> {
        first?.isHTTP == true ? prefix { $0.isAboutAnswer } : []
    }
}
