/// What a process is doing, by the letter that the kernel prints; unknown letters survive.
public struct ProcessState: RawRepresentable, Sendable, Hashable, Codable {
    /// The ASCII code of the letter.
    public var rawValue: UInt8

    /// Keeps any letter.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// On a processor or waiting for one.
    public static let running = ProcessState(rawValue: UInt8(ascii: "R"))
    /// Waiting for an event.
    public static let sleeping = ProcessState(rawValue: UInt8(ascii: "S"))
    /// Waiting for a disk or the like, uninterruptible.
    public static let waiting = ProcessState(rawValue: UInt8(ascii: "D"))
    /// Ended, not collected by its parent.
    public static let zombie = ProcessState(rawValue: UInt8(ascii: "Z"))
    /// Stopped by a signal.
    public static let stopped = ProcessState(rawValue: UInt8(ascii: "T"))
    /// Stopped by a debugger.
    public static let traced = ProcessState(rawValue: UInt8(ascii: "t"))
    /// A kernel thread with nothing to do.
    public static let idle = ProcessState(rawValue: UInt8(ascii: "I"))
    /// Ended, about to disappear.
    public static let dead = ProcessState(rawValue: UInt8(ascii: "X"))
}

extension ProcessState: CustomStringConvertible {
    /// The state in a word, or the unknown letter.
    public var description: String {
        switch self {
        case .running: "running"
        case .sleeping: "sleeping"
        case .waiting: "waiting"
        case .zombie: "zombie"
        case .stopped: "stopped"
        case .traced: "traced"
        case .idle: "idle"
        case .dead: "dead"
        default: String(UnicodeScalar(rawValue))
        }
    }
}
