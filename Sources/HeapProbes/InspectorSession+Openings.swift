import FoundationEssentials
import Remedies

extension InspectorSession {
    private static let openings = "globalThis[Symbol.for('watertight.openers')]?.() ?? '[]'"

    /// Has the process note from now on which code opens files and connections; false where its runtime does not let it.
    package func followOpenings() async throws(HeapProbeFailure) -> Bool {
        let source = String(decoding: PackageResources.openers_js, as: UTF8.self)
        let done = try await ask("Runtime.evaluate", InspectorParameters(expression: source, returnByValue: true))
        return done.result?.value == 1
    }

    /// What was noted.
    package func followedOpenings() async throws(HeapProbeFailure) -> [FollowedOpening] {
        let answer = try await ask(
            "Runtime.evaluate", InspectorParameters(expression: Self.openings, returnByValue: true))
        guard let text = answer.result?.text,
            let found = try? JSONDecoder().decode([Opening].self, from: Data(text.utf8))
        else {
            throw HeapProbeFailure("the inspector of process \(pid) does not say what was opened")
        }
        return found.map { FollowedOpening(descriptor: $0.descriptor, isSocket: $0.isSocket, v8Stack: $0.stack) }
    }

    /// `[NUMBER, 0 or 1, STACK]`.
    private struct Opening: Decodable {
        var descriptor: Int
        var isSocket: Bool
        var stack: String

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            descriptor = try values.decode(Int.self)
            isSocket = try values.decode(Int.self) == 1
            stack = try values.decode(String.self)
        }
    }
}
