import Logging
import SystemCalls
import WebSockets

/// A log that remembers which limits it was told of, at the level that a server logs at unless told otherwise.
struct LimitCounter: LogHandler {
    final class Named: Sendable {
        private let names = Locked(Set<String>(minimumCapacity: 64))
        var all: Set<String> { names.withLock { $0 } }
        func insert(_ name: String) { names.withLock { _ = $0.insert(name) } }
    }

    let named: Named
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if let limit = event.metadata?["limit"] { named.insert("\(limit)") }
    }
}
