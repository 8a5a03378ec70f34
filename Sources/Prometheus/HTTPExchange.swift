import CCurl

/// One GET by libcurl, on the calling thread.
struct HTTPExchange {
    /// What came back.
    struct Response {
        var status: Int
        var body: [UInt8] = []
        /// The server's clock by its field `Date`, in seconds since the epoch; nil where it told none.
        var date: Double?
    }

    /// Why nothing did.
    struct Failure: Error {
        var problem: String
        /// Whether another attempt may go better.
        var isPassing: Bool
    }

    /// How a server is reached.
    struct Access {
        var token: String?
        var authorities: String?
        var takesAnyCertificate = false
        /// For the whole of one exchange.
        var limitSeconds = 120
    }

    /// No answer is larger: of `FleetPlan.mostPointsOfAnswer` points, none is.
    private static let mostBytes = 256 << 20
    private static let connectSeconds = 10

    /// What the callbacks of libcurl have.
    private final class Received {
        var body: [UInt8] = []
        var date: Double?
        var isTooLarge = false
        let isCancelled: () -> Bool

        init(_ isCancelled: @escaping () -> Bool) {
            self.isCancelled = isCancelled
        }

        static func of(_ context: UnsafeMutableRawPointer?) -> Received {
            Unmanaged<Received>.fromOpaque(context!).takeUnretainedValue()
        }
    }

    /// GETs `url`; is given up once it `isCancelled`. Throws `Failure`.
    static func get(_ url: String, _ access: Access, isCancelled: @escaping () -> Bool) throws(Failure) -> Response {
        guard let handle = curl_easy_init() else { throw Failure(problem: "libcurl cannot begin", isPassing: false) }
        defer { curl_easy_cleanup(handle) }
        let fields = fields(access)
        defer { curl_slist_free_all(fields) }
        ccurl_set_list(handle, CURLOPT_HTTPHEADER, fields)
        prepare(handle, url, access)
        let received = Received(isCancelled)
        receive(handle, into: received)
        let code = withExtendedLifetime(received) { curl_easy_perform(handle) }
        guard code == CURLE_OK else {
            if received.isTooLarge {
                throw Failure(problem: "the answer is larger than \(mostBytes >> 20) MiB", isPassing: false)
            }
            throw Failure(
                problem: String(cString: curl_easy_strerror(code)), isPassing: passing.contains(code.rawValue))
        }
        var status = 0
        ccurl_get_number(handle, CURLINFO_RESPONSE_CODE, &status)
        return Response(status: status, body: received.body, date: received.date)
    }

    /// The fields of the request; whoever asks frees them.
    private static func fields(_ access: Access) -> UnsafeMutablePointer<curl_slist>? {
        let fields = curl_slist_append(nil, "Accept: application/json")
        guard let token = access.token else { return fields }
        return curl_slist_append(fields, "Authorization: Bearer \(token)")
    }

    /// What is asked for, how long it may take, and whom to trust.
    private static func prepare(_ handle: UnsafeMutableRawPointer, _ url: String, _ access: Access) {
        ccurl_set_text(handle, CURLOPT_URL, url)
        ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        ccurl_set_text(handle, CURLOPT_USERAGENT, "watertight")
        ccurl_set_text(handle, CURLOPT_ACCEPT_ENCODING, "")
        ccurl_set_number(handle, CURLOPT_NOSIGNAL, 1)
        ccurl_set_number(handle, CURLOPT_CONNECTTIMEOUT, connectSeconds)
        ccurl_set_number(handle, CURLOPT_TIMEOUT, access.limitSeconds)
        if let file = access.authorities { ccurl_set_text(handle, CURLOPT_CAINFO, file) }
        if access.takesAnyCertificate {
            ccurl_set_number(handle, CURLOPT_SSL_VERIFYPEER, 0)
            ccurl_set_number(handle, CURLOPT_SSL_VERIFYHOST, 0)
        }
    }

    /// Has libcurl hand over what comes; `received` must outlive the exchange.
    private static func receive(_ handle: UnsafeMutableRawPointer, into received: Received) {
        let context = Unmanaged.passUnretained(received).toOpaque()
        ccurl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        ccurl_set_receive(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            let received = Received.of(context)
            guard let bytes, received.body.count + size * count <= HTTPExchange.mostBytes else {
                received.isTooLarge = true
                return 0
            }
            received.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        ccurl_set_pointer(handle, CURLOPT_HEADERDATA, context)
        ccurl_set_receive(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes else { return 0 }
            let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self)
            if line.lowercased().hasPrefix("date:") {
                let date = curl_getdate(String(line.dropFirst(5)), nil)
                if date > 0 { Received.of(context).date = Double(date) }
            }
            return size * count
        }
        ccurl_set_number(handle, CURLOPT_NOPROGRESS, 0)
        ccurl_set_pointer(handle, CURLOPT_XFERINFODATA, context)
        ccurl_set_progress(handle) { context, _, _, _, _ in Received.of(context).isCancelled() ? 1 : 0 }
    }

    /// What a server that starts again, or a network, may do once.
    private static let passing = Set(
        [
            CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR,
            CURLE_PARTIAL_FILE,
        ].map(\.rawValue))

    /// `text` as a part of a query (RFC 3986, section 3.4).
    static func escaped(_ text: String) -> String {
        text.utf8.reduce(into: "") { escaped, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                escaped += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
    }
}
