import LeakStatistics
import Lifecycles
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

@Suite("Diagnosis: what counts")
struct DiagnosisEvidenceTests {
    private static let endings = ["clean-close", "bare-tcp", "fin", "reset/open", "leave-at-once", "idle/pong"]
    private static let withoutClose = ["fin", "reset/open", "leave-at-once"]

    @Test("nothing leaks, nothing is said")
    func clean() { #expect(DiagnosedCheck.result { _ in [:] }.diagnoses.isEmpty) }

    @Test("inconclusive and stalled rows neither support nor contradict")
    func undecided() {
        var result = DiagnosedCheck.result(Self.endings, leaking: Self.withoutClose)
        result.doubt(["bare-tcp", "leave-at-once"])
        #expect(result.kinds == [.withoutClose])
        #expect(result.diagnoses[0].lifecycles == ["fin", "reset/open"])
        #expect(result.diagnoses[0].spared == ["clean-close", "idle/pong"])
        var stalled = DiagnosedCheck.result(Self.endings, leaking: Self.withoutClose + ["idle/pong"])
        #expect(stalled.kinds == [.noPattern])
        stalled.rows[5].stall = CheckResult.Stall(
            .answering, after: 100, hasRecovered: false, pauseSeconds: 5, isOutOfDescriptors: false)
        #expect(stalled.kinds == [.withoutClose])
    }

    @Test("one leaking row and nothing clean proves nothing; nor does a clean row that could hide the leak")
    func tooLittle() {
        var result = DiagnosedCheck.result(Self.endings, leaking: ["fin"])
        result.doubt(Self.endings.filter { $0 != "fin" })
        #expect(result.diagnoses.isEmpty)
        var blind = DiagnosedCheck.result(Self.endings, leaking: Self.withoutClose)
        blind.rows[3].resources[0].verdict = .clean
        #expect(blind.kinds == [.fin])
        blind.rows[3].resources[0].smallestDetectable = 2
        #expect(blind.kinds == [.fin])
        #expect(blind.diagnoses[0].spared == ["clean-close", "bare-tcp", "idle/pong"])
    }

    @Test("a pattern must be certain of half of the leaking rows")
    func certainty() {
        let labels = [
            "clean-close", "reset/open", "fin", "leave-at-once", "reject/key", "reject/path", "reject/origin",
        ]
        func kinds(_ count: Int) -> [Diagnosis.Kind] {
            DiagnosedCheck.result(Array(labels.prefix(count)), leaking: Array(labels.prefix(count).dropFirst(2))).kinds
        }
        #expect(kinds(6) == [.fin])
        #expect(kinds(7) == [.noPattern])
    }

    @Test("a known leak takes no part")
    func known() {
        var result = DiagnosedCheck.result(Self.endings, leaking: Self.withoutClose + ["idle/pong"])
        let entry = KnownLeak(
            lifecycle: "idle/pong", resource: .descriptors, perConnection: 2, reason: "known",
            expires: CalendarDay("2026-12-31")!)
        result.mark([entry])
        #expect(result.kinds == [.withoutClose])
        #expect(
            !result.diagnoses[0].lifecycles.contains("idle/pong") && !result.diagnoses[0].spared.contains("idle/pong"))
        var one = DiagnosedCheck.result(Self.endings, leaking: ["idle/pong"])
        one.mark([entry])
        #expect(one.diagnoses.isEmpty)
    }

    @Test("amounts that agree are the same; others lie between the least and the most")
    func amounts() {
        let amounts: [String: Double] = ["fin": 1000, "reset/open": 1060, "leave-at-once": 1020]
        let same = DiagnosedCheck.result(Self.endings) { amounts[$0].map { [.privateMemory: $0] } ?? [:] }
        let leak = same.diagnoses[0].leaks[0]
        #expect(leak.isSame && leak.perConnection == 1020 && leak.least == 1000 && leak.most == 1060)
        let other = DiagnosedCheck.result(Self.endings) {
            amounts[$0].map { [.privateMemory: $0 == 1060 ? 3000 : $0] } ?? [:]
        }
        #expect(other.kinds == [.withoutClose])
        #expect(!other.diagnoses[0].leaks[0].isSame && other.diagnoses[0].leaks[0].most == 3000)
    }

    @Test("one defect that shows in two resources is one diagnosis, though memory shows in fewer rows")
    func follows() {
        var result = DiagnosedCheck.result(Self.endings) {
            Self.withoutClose.contains($0) ? [.descriptors: 1, .privateMemory: 4096] : [:]
        }
        #expect(result.kinds == [.withoutClose])
        #expect(result.diagnoses[0].leaks.map(\.resource) == [.descriptors, .privateMemory])
        // Of the resets alone memory would say that a reset leaks.
        result.rows[2].resources[1].verdict = .inconclusive
        result.rows[4].resources[1].verdict = .clean
        result.rows[4].resources[1].smallestDetectable = 5000
        #expect(result.kinds == [.withoutClose])
        #expect(result.diagnoses[0].leaks[1].lifecycles == ["reset/open"])
    }

    @Test("two defects are two diagnoses: by resource, or by amount")
    func two() {
        let byResource = DiagnosedCheck.result(Self.endings, resources: [.descriptors, .liveHeap]) {
            ($0 == "bare-tcp" ? [:] : [.liveHeap: 3100]).merging($0 == "fin" ? [.descriptors: 1] : [:]) { $1 }
        }
        #expect(byResource.kinds == [.request, .oneLifecycle])
        let byAmount = DiagnosedCheck.result(leaking: []).rows.map(\.lifecycle.label)
        let result = DiagnosedCheck.result(byAmount) { label in
            switch label {
            case "bare-tcp", "stall-handshake/silent": [.descriptors: 0.5]
            case "close-unanswered", "server-close": [.descriptors: 1]
            default: [:]
            }
        }
        #expect(result.kinds == [.nothingSent, .provokedClose])
        #expect(result.diagnoses.map(\.leaks[0].perConnection) == [0.5, 1])
    }
}

@Suite("Leaks that are the same")
struct LeakGroupTests {
    private func labels(_ result: CheckResult) -> [[String]] {
        result.leakGroups.map { $0.rows.map { result.rows[$0].lifecycle.label } }
    }

    @Test("rows with the same resources and amounts are one group, in the order of the rows")
    func groups() {
        let result = DiagnosedCheck.result(["clean-close", "fin", "reset/open", "idle/pong", "flood-reset"]) { label in
            switch label {
            case "clean-close", "reset/open", "idle/pong": [.privateMemory: 3100]
            case "fin": [.descriptors: 1, .privateMemory: 9000]
            default: [:]
            }
        }
        #expect(labels(result) == [["clean-close", "reset/open", "idle/pong"], ["fin"]])
        #expect(result.leakGroups[1].leaks.map(\.resource) == [.descriptors, .privateMemory])
    }

    @Test("amounts beyond a tenth are the same where their intervals meet, and each must agree with each")
    func intervals() {
        let amounts: [String: Double] = ["clean-close": 1000, "fin": 1090, "reset/open": 1180]
        var result = DiagnosedCheck.result(Array(amounts.keys).sorted()) { [.privateMemory: amounts[$0] ?? 0] }
        #expect(labels(result) == [["clean-close", "fin"], ["reset/open"]])
        result.rows[2].resources[1].interval = 900...1400
        #expect(labels(result) == [["clean-close", "fin", "reset/open"]])
    }

    @Test("what is known stands apart from what is new, together where the reason is one")
    func known() {
        let names = ["clean-close", "fin", "reset/open"]
        var result = DiagnosedCheck.result(names, leaking: names)
        let entries = ["clean-close", "reset/open"].map {
            KnownLeak(
                lifecycle: $0, resource: .descriptors, perConnection: 2, reason: "known",
                expires: CalendarDay("2026-12-31")!)
        }
        result.mark(entries)
        #expect(labels(result) == [["clean-close", "reset/open"], ["fin"]])
    }

    @Test("a record with an amount that is no number breaks nothing")
    func notANumber() {
        var result = DiagnosedCheck.result(["clean-close", "fin"], leaking: ["clean-close", "fin"])
        result.rows[0].resources[0].perConnection = .nan
        result.rows[1].resources[0].perConnection = nil
        #expect(result.leakGroups.flatMap(\.rows).count == 2 && result.kinds == [.everyEnding])
    }
}
