import LeakStatistics
import Lifecycles
import Remedies
import Testing

@testable import LeakCheck

/// What leaks, by the shape of the defect, over every lifecycle there is.
@Suite("Diagnosis: the decision table")
struct DiagnosisTableTests {
    private static let resets = [
        "reset/open", "reset/mid-message", "reset/unread", "flood-reset", "vanish-open/reset", "vanish-open/silent",
        "slow-reader", "mid-frame/stall",
    ]
    private static let fins = [
        "fin", "leave-at-once", "idle/no-pong", "mid-frame/header", "mid-frame/payload", "mid-frame/fragments",
        "reconnect-storm",
    ]
    private static let violations = ["reserved-bit", "unmasked", "utf8", "oversize"].map { "protocol-error/\($0)" }
    private static let rejections = ["key", "version", "path", "origin", "no-upgrade", "headers"].map { "reject/\($0)" }
    private static let closes = [
        "clean-close", "chatty/close", "idle/pong", "ping-flood", "message-traffic", "clean-close/after-hostile",
    ]
    private static let unrequested = [
        "bare-tcp", "stall-handshake/silent", "stall-handshake/trickle", "vanish-handshake/mid-request",
    ]
    private static let notUpgraded = unrequested + rejections + ["refused"]

    private static func all(but labels: [String]) -> [String] { DiagnosedCheck.all.filter { !labels.contains($0) } }

    private static let cases: [(String, [String], Diagnosis.Kind)] = [
        ("greenlet#328: any connection, a clean close too", all(but: []), .everyConnection),
        ("a request's object, whatever becomes of it", all(but: unrequested), .request),
        (
            "WebSocket-Node#339: a request that another server answers stays pending",
            all(but: unrequested + ["reject/key", "reject/version", "reject/no-upgrade", "reject/headers"]),
            .openingHandshake
        ),
        (
            "WebSocket-Node#339, where the other path is refused",
            all(but: unrequested + rejections), .openingHandshake
        ),
        ("robyn: native memory of every upgraded connection", all(but: notUpgraded), .upgrade),
        (
            "robyn, where a peer that leaves in the handshake is upgraded no more",
            all(but: notUpgraded + ["vanish-handshake/request", "vanish-handshake/unread"]), .upgrade
        ),
        (
            "a history of messages",
            closes.filter { !["ping-flood", "idle/pong"].contains($0) } + [
                "fin", "reset/open", "reset/unread", "chatty/fin", "flood-reset", "slow-reader", "close-unanswered",
                "server-close",
            ], .message
        ),
        ("uvicorn#1226: a health check", ["bare-tcp", "stall-handshake/silent"], .nothingSent),
        ("a connection without a whole request", unrequested, .unfinishedRequest),
        (
            "registered before the state that frees it",
            ["vanish-handshake/request", "vanish-handshake/mid-request", "vanish-handshake/unread"],
            .leavingInHandshake
        ),
        ("Flask-SocketIO#574: a refusal", rejections + ["refused"], .refusal),
        (
            "any failed handshake", notUpgraded.filter { !["bare-tcp", "stall-handshake/silent"].contains($0) },
            .failedHandshake
        ),
        (
            "websockets 11.0.1: the handler takes one message of five",
            ["chatty/close", "chatty/fin", "flood-reset", "slow-reader", "message-traffic"], .severalMessages
        ),
        ("send buffers", ["reset/unread", "chatty/fin", "flood-reset", "slow-reader"], .unreadReplies),
        (
            "reassembly buffers",
            [
                "reset/mid-message", "mid-frame/header", "mid-frame/payload", "mid-frame/fragments", "mid-frame/stall",
            ], .cutMessage
        ),
        ("robyn: the target's own close", ["close-unanswered", "server-close"], .provokedClose),
        ("a failed connection", violations, .protocolError),
        ("a close timer that is never armed", violations + ["close-unanswered"], .unansweredClose),
        ("any close by the target", violations + ["close-unanswered", "server-close"], .targetsClose),
        (
            "a heartbeat that gives up", ["vanish-open/reset", "vanish-open/silent", "idle/no-pong", "slow-reader"],
            .silentPeer
        ),
        (
            "a timer of each heartbeat",
            [
                "vanish-open/reset", "vanish-open/silent", "idle/no-pong", "idle/pong", "slow-reader",
                "mid-frame/stall",
            ], .stay
        ),
        ("the end of the stream", fins, .fin),
        ("the end of the stream, before the upgrade too", fins + unrequested, .fin),
        ("a reset", resets, .reset),
        ("listeners for Close frames only", fins + resets + ["chatty/fin"], .withoutClose),
        (
            "listeners for Close frames only, and the target's own close",
            fins + resets + ["chatty/fin", "vanish-handshake/unread", "close-unanswered"] + violations, .withoutClose
        ),
        (
            "subscriptions by message, dropped at a Close frame only",
            ["fin", "reset/open", "reset/unread", "chatty/fin", "flood-reset", "slow-reader"], .messageWithoutClose
        ),
        (
            "WebSocket-Node#167: sockets that are never closed",
            all(but: closes + ["server-close", "refused"] + rejections), .endOfTCP
        ),
        ("a closing handshake", closes, .closingHandshake),
        ("one lifecycle", ["flood-reset"], .oneLifecycle),
        ("this and that", ["reject/key", "server-close", "idle/pong"], .noPattern),
    ]

    @Test("a defect in one part of a connection's life is told by the rows that leak", arguments: cases)
    func defect(name: String, leaking: [String], kind: Diagnosis.Kind) throws {
        let result = DiagnosedCheck.result(leaking: leaking)
        #expect(result.kinds == [kind], "\(name)")
        let diagnosis = try #require(result.diagnoses.first)
        #expect(Set(diagnosis.lifecycles) == Set(leaking))
        #expect(diagnosis.lifecycles.count + diagnosis.spared.count == DiagnosedCheck.all.count)
    }

    @Test("the same over the few rows of a short check")
    func quick() {
        let labels = Lifecycle.quick(isSecure: false).map(\.label)
        func kind(_ leaking: [String]) -> [Diagnosis.Kind] { DiagnosedCheck.result(labels, leaking: leaking).kinds }
        #expect(kind(labels) == [.everyConnection])
        #expect(kind(labels.filter { $0 != "bare-tcp" }) == [.request])
        #expect(kind(["fin", "reset/open", "leave-at-once", "flood-reset"]) == [.withoutClose])
        #expect(kind(["fin", "reset/open", "flood-reset"]) == [.messageWithoutClose])
        #expect(kind(["fin", "leave-at-once"]) == [.fin])
        #expect(kind(["reset/open", "flood-reset"]) == [.reset])
        #expect(kind(["bare-tcp"]) == [.oneLifecycle])
    }

    @Test("where nothing is clean, a Close among other ends rules out the ending, and less proves less")
    func universal() {
        func kind(_ labels: String...) -> [Diagnosis.Kind] { DiagnosedCheck.result(labels, leaking: labels).kinds }
        #expect(kind("clean-close", "bare-tcp") == [.everyConnection])
        #expect(kind("clean-close", "fin", "reset/open") == [.everyEnding])
        #expect(kind("fin", "reset/open") == [.everyLifecycle])
        #expect(kind("clean-close", "message-traffic") == [.everyLifecycle])
        #expect(kind("fin") == [])
    }

    @Test("compression, and a storm of reconnects, compressed and not")
    func compressed() {
        let plain = ["clean-close", "fin", "reset/open", "reconnect-storm"]
        let labels = plain + plain.map { "\($0)+deflate" }
        func kind(_ leaking: [String]) -> [Diagnosis.Kind] { DiagnosedCheck.result(labels, leaking: leaking).kinds }
        #expect(kind(plain.map { "\($0)+deflate" }) == [.compression])
        #expect(kind(["reconnect-storm", "reconnect-storm+deflate"]) == [.storm])
        #expect(kind(["fin", "fin+deflate"]) == [.oneLifecycle])
        #expect(kind(["fin", "reset/open+deflate"]) == [.noPattern])
    }

    @Test("the table has every kind once, but for those that are no pattern")
    func complete() {
        let kinds = Pattern.table.map(\.kind)
        #expect(Set(kinds).count == kinds.count)
        #expect(Set(kinds) == Set(Diagnosis.Kind.allCases.filter(\.isPattern)))
    }
}
