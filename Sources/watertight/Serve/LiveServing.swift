import LeakReports
import SystemCalls
import WebSockets

/// Shows a server that runs on a live page, read once a second.
final class LiveServing: Sendable {
    private let page: LiveServer<LiveServe>
    private let readings = Locked<Task<Void, Never>?>(nil)

    private static let interval = Duration.seconds(1)

    /// Listens on a port of loopback, 0 being a free one; throws `Code.unreachable` where it cannot.
    init(on port: UInt16) async throws {
        page = try await LiveServer.start(LiveServe(), on: port)
    }

    /// From now on there is something to show: a server at `url`, as its pages know it.
    func begin(_ pages: StatusPages, url: String) {
        page.update { $0.begin(url: url) }
        let start = MonotonicTime.now
        readings.withLock { readings in
            readings = Task { [page] in
                while !Task.isCancelled {
                    if let moment = pages.moment(at: start.elapsed.inSeconds) { page.update { $0.add(moment) } }
                    try? await Task.sleep(for: Self.interval)
                }
            }
        }
    }

    /// The server ends.
    func end() async {
        readings.withLock { $0?.cancel() }
        page.update { $0.end() }
        await page.end()
    }
}
