import Lifecycles
import Testing

@Suite("The lifecycle catalogue")
struct CatalogueTests {
    @Test func namesAreUniqueAndFound() {
        let names = Lifecycle.all.map(\.name)
        #expect(Set(names).count == names.count)
        for lifecycle in Lifecycle.all { #expect(Lifecycle.named(lifecycle.name) == [lifecycle]) }
        #expect(Lifecycle.named("reset").map(\.name) == ["reset/open", "reset/mid-message", "reset/unread"])
        #expect(Lifecycle.named("vanish-open") == [.vanishOpen, .vanishSilently])
        #expect(Lifecycle.named("clean-close") == [.cleanClose], "an exact name is that one alone")
        #expect(Lifecycle.named("nonesuch").isEmpty)
        #expect(Lifecycle.fin.compressed?.label == "fin+deflate" && Lifecycle.fin.label == "fin")
        #expect(Lifecycle.bareTCP.compressed == nil, "it offers nothing")
        #expect(Lifecycle.named("reject").allSatisfy { $0.compressed == nil }, "nothing could be agreed upon")
    }

    @Test("labels of this version and of earlier ones")
    func labels() {
        for lifecycle in Lifecycle.all + Lifecycle.all.compactMap(\.compressed) {
            #expect(Lifecycle.labeled(lifecycle.label) == lifecycle)
        }
        #expect(Lifecycle.labeled("vanish-open") == .vanishOpen)
        #expect(Lifecycle.labeled("vanish-open+deflate") == Lifecycle.vanishOpen.compressed)
        #expect(Lifecycle.labeled("bare-tcp+deflate") == nil)
        #expect(Lifecycle.labeled("reset") == nil && Lifecycle.labeled("") == nil)
    }

    @Test("what is driven by default, and in a hurry")
    func selections() {
        let (plain, secure) = (Lifecycle.standard(isSecure: false), Lifecycle.standard(isSecure: true))
        #expect(secure.count == Lifecycle.all.count - 1 && !secure.contains(.refused))
        #expect(plain == secure.filter { !$0.needsTLS } && plain.contains(.vanishSilently))
        #expect(secure.last == .cleanCloseAfterHostile, "after all others, where they share a process")
        let (quick, quickSecure) = (Lifecycle.quick(isSecure: false), Lifecycle.quick(isSecure: true))
        #expect(Set(quick).isSubset(of: plain) && quick.contains(.leaveAtOnce) && quick.contains(.floodReset))
        #expect(
            quickSecure.dropFirst(quick.count).map(\.name) == [
                "tls-hello/half", "tls-refuse/distrust", "tls-unanswered/hold",
            ])
        #expect(Lifecycle.all.filter(\.needsTLS).allSatisfy { $0.name.hasPrefix("tls-") && $0.compressed == nil })
        #expect(Lifecycle.plain.allSatisfy { !$0.name.hasPrefix("tls-") })
    }

    @Test("every script ends by leaving, and leaves once", arguments: Lifecycle.all)
    func leaves(lifecycle: Lifecycle) {
        let leaving: Set<Lifecycle.Step> = [.leaveWithFIN, .leaveWithReset]
        #expect(lifecycle.steps.firstIndex(where: leaving.contains) == lifecycle.steps.count - 1)
    }

    @Test("who stays for a while")
    func stays() {
        let staying = Set(Lifecycle.all.filter(\.staysConnected).map(\.family))
        #expect(
            staying == [
                "stall-handshake", "vanish-open", "idle", "slow-reader", "mid-frame", "protocol-error",
                "close-unanswered", "reconnect-storm", "tls-hello", "tls-only", "tls-notify", "tls-unanswered",
                "tls-renegotiate",
            ])
    }

    @Test(
        "the point of a lifecycle is the first step after its first message, or after the upgrade",
        arguments: [
            ("clean-close", .awaitReplies(1)), ("fin", .awaitReplies(1)), ("reset/mid-message", .leaveWithReset),
            ("reset/unread", .awaitUnread), ("leave-at-once", .leaveWithFIN), ("chatty/close", .sendClose),
            ("flood-reset", .leaveWithReset), ("vanish-open/reset", .stopReading), ("vanish-open/silent", .stopReading),
            ("idle/pong", .hold), ("idle/no-pong", .ignoreTarget), ("slow-reader", .hold), ("mid-frame/stall", .hold),
            ("protocol-error/utf8", .hold), ("close-unanswered", .awaitReplies(1)), ("server-close", .awaitReplies(1)),
            ("reconnect-storm", .rendezvous), ("ping-flood", .awaitPong), ("message-traffic", .awaitReplies(100)),
        ] as [(String, Lifecycle.Step)])
    func point(name: String, step: Lifecycle.Step) throws {
        let lifecycle = try #require(Lifecycle.named(name).first)
        #expect(lifecycle.point.map { lifecycle.steps[$0] } == step)
    }

    @Test("a lifecycle that ends before the upgrade has its point in its steps' end alone", arguments: Lifecycle.all)
    func noPoint(lifecycle: Lifecycle) {
        #expect((lifecycle.point == nil) == !lifecycle.steps.contains(.awaitUpgrade))
    }
}
