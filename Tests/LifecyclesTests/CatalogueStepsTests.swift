import Lifecycles
import TLS
import Testing

/// What each lifecycle of the catalogue is, step by step.
@Suite("The steps of the catalogue")
struct CatalogueStepsTests {
    static let steps: [(name: String, steps: [Lifecycle.Step])] = [
        (
            "clean-close",
            [
                .sendRequest, .awaitUpgrade, .sendMessages(1), .awaitReplies(1), .sendClose, .awaitClose, .awaitEnd,
                .leaveWithFIN,
            ]
        ),
        ("bare-tcp", [.leaveWithFIN]),
        ("fin", [.sendRequest, .awaitUpgrade, .sendMessages(1), .awaitReplies(1), .leaveWithFIN]),
        ("reset/open", [.sendRequest, .awaitUpgrade, .sendMessages(1), .awaitReplies(1), .leaveWithReset]),
        ("reset/mid-message", [.sendRequest, .awaitUpgrade, .sendBytes(.cutPayload), .leaveWithReset]),
        ("reset/unread", [.sendRequest, .awaitUpgrade, .sendMessages(1), .awaitUnread, .leaveWithReset]),
        ("leave-at-once", [.sendRequest, .awaitUpgrade, .leaveWithFIN]),
        ("vanish-handshake/request", [.sendRequest, .leaveWithFIN]),
        ("vanish-handshake/mid-request", [.sendHalfRequest, .leaveWithFIN]),
        ("vanish-handshake/unread", [.sendRequest, .awaitUnread, .leaveWithReset]),
        ("stall-handshake/silent", [.hold, .leaveWithFIN]),
        ("stall-handshake/trickle", [.trickleRequest, .leaveWithFIN]),
        ("reject/key", [.sendFaultyRequest(.key), .awaitRefusal, .leaveWithFIN]),
        ("reject/version", [.sendFaultyRequest(.version), .awaitRefusal, .leaveWithFIN]),
        ("reject/path", [.sendFaultyRequest(.path), .awaitRefusal, .leaveWithFIN]),
        ("reject/origin", [.sendFaultyRequest(.origin), .awaitRefusal, .leaveWithFIN]),
        ("reject/no-upgrade", [.sendFaultyRequest(.noUpgrade), .awaitRefusal, .leaveWithFIN]),
        ("reject/headers", [.sendFaultyRequest(.oversizedFields), .awaitRefusal, .leaveWithFIN]),
        ("refused", [.sendRequest, .awaitRefusal, .leaveWithFIN]),
        (
            "chatty/close",
            [.sendRequest, .awaitUpgrade, .sendMessages(5), .sendClose, .ignoreTarget, .awaitEnd, .leaveWithFIN]
        ),
        ("chatty/fin", [.sendRequest, .awaitUpgrade, .sendMessages(5), .leaveWithFIN]),
        ("flood-reset", [.sendRequest, .awaitUpgrade, .stopReading, .sendMessages(20, bytes: 4096), .leaveWithReset]),
        ("vanish-open/reset", [.sendRequest, .awaitUpgrade, .stopReading, .hold, .leaveWithReset]),
        ("vanish-open/silent", [.sendRequest, .awaitUpgrade, .stopReading, .stay, .leaveWithReset]),
        ("idle/pong", [.sendRequest, .awaitUpgrade, .hold, .sendClose, .awaitClose, .awaitEnd, .leaveWithFIN]),
        ("idle/no-pong", [.sendRequest, .awaitUpgrade, .ignoreTarget, .hold, .leaveWithFIN]),
        (
            "slow-reader",
            [.sendRequest, .awaitUpgrade, .stopReading, .sendMessages(16, bytes: 16384), .hold, .leaveWithReset]
        ),
        ("mid-frame/header", [.sendRequest, .awaitUpgrade, .sendBytes(.cutHeader), .leaveWithFIN]),
        ("mid-frame/payload", [.sendRequest, .awaitUpgrade, .sendBytes(.cutPayload), .leaveWithFIN]),
        ("mid-frame/fragments", [.sendRequest, .awaitUpgrade, .sendBytes(.unfinishedFragments), .leaveWithFIN]),
        ("mid-frame/stall", [.sendRequest, .awaitUpgrade, .sendBytes(.cutPayload), .hold, .leaveWithReset]),
        (
            "protocol-error/reserved-bit",
            [.sendRequest, .awaitUpgrade, .ignoreTarget, .sendBytes(.reservedBit), .hold, .leaveWithFIN]
        ),
        (
            "protocol-error/unmasked",
            [.sendRequest, .awaitUpgrade, .ignoreTarget, .sendBytes(.unmasked), .hold, .leaveWithFIN]
        ),
        (
            "protocol-error/utf8",
            [.sendRequest, .awaitUpgrade, .ignoreTarget, .sendBytes(.invalidText), .hold, .leaveWithFIN]
        ),
        (
            "protocol-error/oversize",
            [.sendRequest, .awaitUpgrade, .ignoreTarget, .sendBytes(.oversize), .hold, .leaveWithFIN]
        ),
        (
            "close-unanswered",
            [
                .sendRequest, .awaitUpgrade, .sendMessages(1), .awaitReplies(1), .ignoreTarget, .provokeClose, .hold,
                .leaveWithFIN,
            ]
        ),
        (
            "server-close",
            [
                .sendRequest, .awaitUpgrade, .sendMessages(1), .awaitReplies(1), .provokeClose, .awaitClose, .awaitEnd,
                .leaveWithFIN,
            ]
        ),
        ("reconnect-storm", [.sendRequest, .awaitUpgrade, .rendezvous, .leaveWithFIN]),
        (
            "ping-flood",
            [
                .sendRequest, .awaitUpgrade, .sendPings(100), .awaitPong, .sendClose, .awaitClose, .awaitEnd,
                .leaveWithFIN,
            ]
        ),
        (
            "message-traffic",
            [
                .sendRequest, .awaitUpgrade, .sendMessages(100), .awaitReplies(100), .sendClose, .awaitClose, .awaitEnd,
                .leaveWithFIN,
            ]
        ),
        ("tls-hello/half", [.tls(.hello(.half)), .leaveWithFIN]),
        ("tls-hello/half-reset", [.tls(.hello(.half)), .leaveWithReset]),
        ("tls-hello/whole", [.tls(.hello(.whole)), .leaveWithFIN]),
        ("tls-hello/reset", [.tls(.hello(.whole)), .awaitUnread, .leaveWithReset]),
        ("tls-hello/stall", [.tls(.hello(.whole)), .tls(.awaitServerHello), .hold, .leaveWithFIN]),
        ("tls-hello/shards", [.tls(.hello(.shards)), .tls(.awaitServerHello), .leaveWithFIN]),
        ("tls-refuse/distrust", [.tls(.handshake(.distrusting)), .leaveWithFIN]),
        ("tls-refuse/version", [.tls(.hello(.oldVersion)), .awaitEnd, .leaveWithFIN]),
        ("tls-refuse/cipher", [.tls(.hello(.noSharedSuite)), .awaitEnd, .leaveWithFIN]),
        ("tls-refuse/plain", [.tls(.off), .sendRequest, .awaitEnd, .leaveWithFIN]),
        (
            "tls-refuse/garbage",
            [
                .tls(.off), .sendOctets([22, 3, 1, 255, 255] + [UInt8](repeating: 0x55, count: 28)), .awaitEnd,
                .leaveWithFIN,
            ]
        ),
        ("tls-only/fin", [.tls(.handshake(.ordinary)), .leaveWithFIN]),
        ("tls-only/reset", [.tls(.handshake(.ordinary)), .leaveWithReset]),
        ("tls-only/hold", [.tls(.handshake(.ordinary)), .hold, .leaveWithFIN]),
        (
            "tls-notify/fin",
            [.sendRequest, .awaitUpgrade, .sendMessages(1), .awaitReplies(1), .tls(.closeNotify), .leaveWithFIN]
        ),
        (
            "tls-notify/hold",
            [
                .sendRequest, .awaitUpgrade, .sendMessages(1), .awaitReplies(1), .tls(.closeNotify), .stopReading,
                .hold, .leaveWithReset,
            ]
        ),
        (
            "tls-unanswered/fin",
            [
                .sendRequest, .awaitUpgrade, .sendMessages(1), .awaitReplies(1), .sendClose, .awaitClose,
                .tls(.closeNotifyOff), .leaveWithFIN,
            ]
        ),
        (
            "tls-unanswered/hold",
            [
                .sendRequest, .awaitUpgrade, .sendMessages(1), .awaitReplies(1), .sendClose, .awaitClose,
                .tls(.closeNotifyOff), .stopReading, .hold, .leaveWithReset,
            ]
        ),
        (
            "tls-record/cut",
            [.sendRequest, .awaitUpgrade, .sendMessages(1), .awaitReplies(1), .tls(.record(.cut)), .leaveWithFIN]
        ),
        (
            "tls-record/cut-reset",
            [.sendRequest, .awaitUpgrade, .sendMessages(1), .awaitReplies(1), .tls(.record(.cut)), .leaveWithReset]
        ),
        (
            "tls-record/corrupt",
            [
                .sendRequest, .awaitUpgrade, .sendMessages(1), .awaitReplies(1), .tls(.record(.corrupt)), .awaitEnd,
                .leaveWithFIN,
            ]
        ),
        (
            "tls-keys/update",
            [
                .sendRequest, .awaitUpgrade, .tls(.updateKeys(20)), .sendMessages(1), .awaitReplies(1), .sendClose,
                .awaitClose, .awaitEnd, .leaveWithFIN,
            ]
        ),
        ("tls-keys/flood", [.sendRequest, .awaitUpgrade, .stopReading, .tls(.updateKeys(2000)), .leaveWithFIN]),
        (
            "tls-renegotiate",
            [.tls(.handshake(.uncached)), .sendRequest, .awaitUpgrade, .tls(.renegotiate), .hold, .leaveWithFIN]
        ),
        (
            "tls-session/uncached",
            [
                .tls(.handshake(.uncached)), .sendRequest, .awaitUpgrade, .sendMessages(1), .awaitReplies(1),
                .sendClose, .awaitClose, .awaitEnd, .leaveWithFIN,
            ]
        ),
        (
            "tls-session/resumed",
            [
                .tls(.handshake(.resuming)), .sendRequest, .awaitUpgrade, .sendMessages(1), .awaitReplies(1),
                .sendClose, .awaitClose, .awaitEnd, .leaveWithFIN,
            ]
        ),
        (
            "clean-close/after-hostile",
            [
                .sendRequest, .awaitUpgrade, .sendMessages(1), .awaitReplies(1), .sendClose, .awaitClose, .awaitEnd,
                .leaveWithFIN,
            ]
        ),
    ]

    @Test("the text of the catalogue has these lifecycles, in this order")
    func order() {
        #expect(Lifecycle.all.map(\.name) == Self.steps.map(\.name))
    }

    @Test("and these steps", arguments: steps)
    func same(name: String, steps: [Lifecycle.Step]) throws {
        #expect(try #require(Lifecycle.named(name).first).steps == steps)
    }
}
