public import HeapProbes

/// A heap probe as a user says it, in which `{port}` stands for the free port of a command.
public struct HeapTemplate: Hashable, Sendable {
    /// What the user said.
    public let text: String
    private let anyPort: HeapSpecification

    /// The probe that suits the target, if there is one.
    public static let automatic = HeapTemplate(text: "auto", anyPort: .automatic)

    /// Reads one of `HeapSpecification.forms`; throws `HeapProbeFailure`.
    public init(_ text: String) throws(HeapProbeFailure) {
        self.init(text: text, anyPort: try HeapSpecification(text.replacing("{port}", with: "1")))
    }

    private init(text: String, anyPort: HeapSpecification) {
        self.text = text
        self.anyPort = anyPort
    }

    /// What its readings mean.
    public var gauge: HeapGauge { anyPort.gauge }

    /// Whether it needs the port of a command.
    public var namesPort: Bool { text.contains("{port}") }

    /// Whether its probe reads only what is started for it.
    public var needsStart: Bool { anyPort.needsStart }

    /// What a command must find in its environment.
    package var environment: [String: String] { anyPort.environment }

    /// The probe for a target on `port`.
    package func specification(port: UInt16) -> HeapSpecification {
        (try? HeapSpecification(text.replacing("{port}", with: "\(port)"))) ?? anyPort
    }
}
