package import SystemCalls

/// Ports that nobody listens on, for a program that will be started.
package enum FreePort {
    /// Below the ports that the kernel gives to connections: one of those could be taken by any connection that is made until
    /// the program listens.
    private static let range: Range<UInt16> = 20_000..<32_000

    /// A port of the loopback interface on which nobody listens.
    ///
    /// Throws what the kernel says when none can be had.
    package static func onLoopback() throws(SystemCallError) -> UInt16 {
        for _ in 0..<16 {
            let port = UInt16.random(in: range)
            if (try? OwnedDescriptor.listening(on: .loopback(port: port))) != nil { return port }
        }
        return try OwnedDescriptor.listening(on: .loopback(port: 0)).localAddress().port
    }
}
