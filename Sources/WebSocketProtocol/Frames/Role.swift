/// Which end of the connection this is: it decides who masks (RFC 6455, section 5.1).
public enum Role: Hashable, Sendable {
    /// Accepts connections, requires masked frames and sends unmasked ones.
    case server
    /// Opens connections, requires unmasked frames and masks every frame it sends.
    case client
}
