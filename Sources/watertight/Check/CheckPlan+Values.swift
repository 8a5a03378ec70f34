import ArgumentParser
import LeakCheck
import Lifecycles
import WebSocketProtocol

extension CheckPlan {
    /// Throws `ValidationError` where `{line}` is asked for and there are no values.
    func requireValues() throws {
        guard peers.values.isEmpty else { return }
        let texts = [peers.target, peers.firstMessage].compactMap { $0 } + peers.fields.map(\.value)
        let asking =
            lifecycles.contains { $0.steps.contains { $0.templates.contains { $0.names.contains("line") } } }
            || texts.contains { Template($0).names.contains("line") }
        if asking { throw ValidationError("{line} needs lines to stand for: give --values FILE") }
    }
}
