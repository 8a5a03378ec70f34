/// A response's first line and fields (RFC 9112, sections 4 and 5).
public struct ResponseHead: Hashable, Sendable {
    /// The status, three digits.
    public var status: Int
    /// The words after the status; often empty.
    public var reason: String
    /// The fields in order.
    public var fields: HTTPFields

    /// Describes a response.
    public init(status: Int, reason: String = "", fields: HTTPFields) {
        self.status = status
        self.reason = reason
        self.fields = fields
    }
}
