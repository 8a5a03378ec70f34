/// A course of events over real connections to a server of our own, after which nothing may be left.
public enum Scenario: String, Sendable, CaseIterable, Codable {
    /// Twenty managers of a user, and no more.
    case limit
    /// Ten managers cleaned up, one by one and as a batch.
    case cleanupTiming = "cleanup-timing"
    /// Stale managers give way at 12, idle ones at 16.
    case pressure
    /// Many short lives of three connections each.
    case rapidCycles = "rapid-cycles"
    /// A heavy, a cycling and a normal user at once.
    case comprehensive
    /// Eight tabs of a browser, of which three close.
    case browserTabs = "browser-tabs"
    /// Everyone connects at once to a server that has just started.
    case coldStart = "cold-start"
    /// A network that breaks again and again.
    case reconnections
    /// Two operations derive different ids for one user.
    case mixedIds = "mixed-ids"
    /// Managers created while the background cleanup runs.
    case backgroundRace = "background-race"
    /// A server is killed with clients on it and starts again.
    case serverRestart = "server-restart"
    /// The production patterns, all at once.
    case production

    /// What happens, in a line.
    public var summary: String {
        switch self {
        case .limit: "20 connections of a user are accepted, the 21st is refused; cleanup lets new ones in"
        case .cleanupTiming:
            "10 managers with live connections are cleaned up within the limits, 5 one by one, 5 as a batch"
        case .pressure: "proactive cleanup at 12 managers, emergency cleanup at 16, forced cleanup"
        case .rapidCycles: "short lives of 3 connections each, as many as the environment asks for"
        case .comprehensive: "3 users, 30 managers, concurrent messages, one user pushed to 23, forced cleanup"
        case .browserTabs: "8 tabs of which 3 close"
        case .coldStart: "a burst of 25 connections at 15 a second"
        case .reconnections: "15 times a network breaks and the client comes back under the same id"
        case .mixedIds: "a database session and the WebSocket factory derive ids of their own; either cleans up"
        case .backgroundRace: "a manager every 500 ms while the background cleanup frees stale ones"
        case .serverRestart: "SIGKILL of a server with live clients, then a restart; nothing is orphaned"
        case .production:
            "browser-tabs, cold-start, reconnections, mixed-ids, background-race and server-restart together"
        }
    }

    /// The course itself.
    var course: @Sendable (Stage) async throws -> Void {
        switch self {
        case .limit: { try await $0.reachLimit() }
        case .cleanupTiming: { try await $0.cleanUpInTime() }
        case .pressure: { try await $0.applyPressure() }
        case .rapidCycles: { try await $0.cycleRapidly() }
        case .comprehensive: { try await $0.serveThreeUsers() }
        case .browserTabs: { try await $0.closeTabs() }
        case .coldStart: { try await $0.startCold() }
        case .reconnections: { try await $0.reconnect() }
        case .mixedIds: { try await $0.mixIds() }
        case .backgroundRace: { try await $0.raceBackgroundCleanup() }
        case .serverRestart: { try await $0.restartServer() }
        case .production: { try await $0.everythingAtOnce() }
        }
    }
}
