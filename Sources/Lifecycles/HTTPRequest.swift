/// A request over HTTP that a peer makes before it connects, on a connection of its own (RFC 9112).
public struct HTTPRequest: Hashable, Sendable, Codable {
    /// What is done.
    public enum Method: String, Hashable, Sendable, Codable, CaseIterable {
        /// Asks for what is at the path.
        case get = "GET"
        /// Hands in a body, which may be empty.
        case post = "POST"
    }

    /// What is done.
    public var method: Method
    /// The path and query, a template.
    public var path: Template
    /// The body, a template; without parts for none.
    public var body = Template()

    /// A request for a path.
    public init(_ method: Method, _ path: Template, body: Template = Template()) {
        (self.method, self.path, self.body) = (method, path, body)
    }
}

extension HTTPRequest: CustomStringConvertible {
    /// The method and the path as a script has them, without the body, which may hold a secret.
    public var description: String { "\(method.rawValue) \(path)" }
}
