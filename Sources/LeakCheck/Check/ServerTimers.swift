import Sockets

/// How long servers keep something of a connection that has ended, as their documentation and sources say.
///
/// A suspect rests for longer than that: a pause of a minute or so outlasts the timers that most servers have, and where the
/// path or the subprotocol tells that longer ones are in use, the pause is longer.
package enum ServerTimers {
    /// A timer that outlasts `leastPause`, and how it is recognized.
    struct Timer {
        /// The beginning of the path; nil where the subprotocol tells.
        var path: String?
        /// The subprotocol that is offered; nil where the path tells.
        var subprotocol: String?
        /// How long it runs.
        var seconds: Int
        /// Which timer it is.
        var source: String
    }

    /// Longer than asyncio's keep-alive in common servers (75 s for nginx and aiohttp), Socket.IO's ping and its time-out
    /// (25 and 20 s), and graphql-transport-ws' wait for connection_init (60 s in ariadne and strawberry).
    package static let leastPause = Duration.seconds(75)

    /// How much longer than a timer a pause is: timers run late on a busy machine.
    private static let margin = Duration.seconds(5)

    /// Timers that run longer.
    static let known: [Timer] = [
        Timer(
            path: "/socket.io/", seconds: 120,
            source: "Socket.IO, connectionStateRecovery.maxDisconnectionDuration, 2 minutes"),
        Timer(
            subprotocol: "xmpp", seconds: 300,
            source: "XMPP over WebSocket (RFC 7395) with XEP-0198: ejabberd's resume_timeout, 300 s"),
        Timer(path: "/_stcore/stream", seconds: 120, source: "Streamlit, sessions kept to reconnect, 2 minutes"),
        Timer(
            path: "/_blazor", seconds: 180,
            source: "ASP.NET Core Blazor, CircuitOptions.DisconnectedCircuitRetentionPeriod, 3 minutes"),
    ]

    /// How long a suspect must rest on a server that is asked for `path` and offered `subprotocols`.
    package static func pause(path: String, subprotocols: [String]) -> Duration {
        let longer = known.filter { timer in
            timer.path.map { path.contains($0) } ?? false
                || timer.subprotocol.map { subprotocols.contains($0) } ?? false
        }
        return max(leastPause, longer.map { .seconds($0.seconds) + margin }.max() ?? leastPause)
    }
}
