package import SystemCalls

/// Free ports, for a program that will be started.
package enum FreePort {
    /// Below the kernel's ephemeral ports: any connection could take one of those before the program listens.
    private static let range: Range<UInt16> = 20_000..<32_000

    /// A port of the loopback interface without a listener.
    ///
    /// Throws the kernel's error if there is none.
    package static func onLoopback() throws(SystemCallError) -> UInt16 {
        for _ in 0..<16 {
            let port = UInt16.random(in: range)
            if (try? OwnedDescriptor.listening(on: .loopback(port: port))) != nil { return port }
        }
        return try OwnedDescriptor.listening(on: .loopback(port: 0)).localAddress().port
    }
}
