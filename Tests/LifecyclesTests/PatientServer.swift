import WebSockets

extension ServerConfiguration {
    /// A server whose limits only a test lets run out, however busy the machine is.
    static var patient: ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.limits.handshakeLimit = .seconds(300)
        configuration.limits.pingInterval = .seconds(300)
        configuration.limits.closeLimit = .seconds(60)
        return configuration
    }
}
