import WebSockets

extension ServerConfiguration {
    /// A server whose limits only a test lets run out, however busy the machine is.
    static var patient: ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.limits.handshakeLimit = .seconds(300)
        configuration.limits.pingInterval = .seconds(600)
        configuration.limits.idleLimit = .seconds(1200)
        configuration.limits.closeLimit = .seconds(300)
        return configuration
    }
}
