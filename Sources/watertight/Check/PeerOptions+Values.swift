import ArgumentParser
import Lifecycles
import WebSocketProtocol

extension PeerOptions {
    /// Throws `ValidationError` where these or one of `lifecycles` ask for `{line}`, and there are no values.
    func requireValues(for lifecycles: [Lifecycle]) throws {
        guard values.isEmpty else { return }
        let texts = [target].compactMap { $0 } + fields.map(\.value)
        let templates =
            texts.map { Template($0) } + opening.templates + lifecycles.flatMap(\.steps).flatMap(\.templates)
        guard !templates.contains(where: { $0.names.contains("line") }) else {
            throw ValidationError("{line} needs lines to stand for: give --values FILE or --setup COMMAND")
        }
    }
}
