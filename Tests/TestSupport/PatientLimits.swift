public import WebSockets

extension ConnectionLimits {
    /// Has only the limits that a test sets run out, however busy the machine is.
    public mutating func makePatient() {
        connectLimit = .seconds(600)
        handshakeLimit = .seconds(600)
        closeLimit = .seconds(600)
        pingInterval = .seconds(600)
        idleLimit = .seconds(1200)
    }
}

extension ServerConfiguration {
    /// A server with such limits.
    public static var patient: ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.limits.makePatient()
        return configuration
    }
}
