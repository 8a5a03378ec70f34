import LeakCheck
import LeakStatistics
import Lifecycles

/// A diagnosis in words, the same in every report.
struct DiagnosisText {
    private let diagnosis: Diagnosis
    private let result: CheckResult

    /// The words for `diagnosis`, which is one of `result`.
    init(_ diagnosis: Diagnosis, _ result: CheckResult) {
        self.diagnosis = diagnosis
        self.result = result
    }

    /// One sentence without a full stop, which begins in lower case: what leaks, what does not, and what that means.
    var sentence: String {
        let names = diagnosis.lifecycles
        switch diagnosis.kind {
        case .oneLifecycle:
            let summary = result.rows.first { $0.lifecycle.label == names[0] }?.lifecycle.summary
            return "only \(Self.list(names)) \(names.count == 1 ? "leaks" : "leak") \(amounts)\(contrast)"
                + (summary.map { ": it \($0)" } ?? "")
        case .noPattern:
            return "\(names.count) lifecycles leak \(amounts)\(contrast); no trait sets them apart: "
                + names.joined(separator: ", ")
        default:
            let (subject, conclusion) = words
            return "every lifecycle\(subject) leaks \(amounts)\(contrast): \(conclusion)"
        }
    }

    // MARK: Amounts

    /// `the same 7.4 KiB of live heap per connection`, `1.00 descriptors and in 5 of them 3.1 to 8.1 KiB of …`.
    private var amounts: String {
        let parts = diagnosis.leaks.map { leak in
            let count = leak.lifecycles.count
            return (count < diagnosis.lifecycles.count ? "in \(count) of them " : "") + leak.words
        }
        let areSame = diagnosis.lifecycles.count > 1 && diagnosis.leaks.allSatisfy(\.isSame)
        return (areSame ? "the same " : "") + Self.list(parts) + " per connection"
    }

    // MARK: Contrast

    /// Which rows do not leak: by name where they are few.
    private var contrast: String {
        let names = diagnosis.spared
        switch names.count {
        case 0: return ""
        case 1...Self.mostNames: return "; \(Self.list(names)) \(names.count == 1 ? "does" : "do") not"
        default: return "; none of the \(names.count) others\(isPartial ? " that were judged" : "") does"
        }
    }

    private static let mostNames = 3

    /// Whether some rows say nothing.
    private var isPartial: Bool { diagnosis.lifecycles.count + diagnosis.spared.count < result.rows.count }

    private static func list(_ names: [String]) -> String {
        guard names.count > 1, let last = names.last else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }

    // MARK: Kinds

    /// What the lifecycles share, and what follows from that.
    private var words: (subject: String, conclusion: String) {
        switch diagnosis.kind {
        case .everyConnection, .everyEnding, .everyLifecycle, .compression: common
        case .request, .openingHandshake, .upgrade, .message: opening
        case .nothingSent, .unfinishedRequest, .leavingInHandshake, .refusal, .failedHandshake: handshakes
        case .severalMessages, .unreadReplies, .cutMessage, .silentPeer, .stay: life
        case .provokedClose, .protocolError, .unansweredClose, .targetsClose: targetsEnds
        default: peersEnds
        }
    }

    private var common: (String, String) {
        switch diagnosis.kind {
        case .everyConnection:
            (
                ", even one that sends nothing,",
                "it is left by accepting a connection, not by what the peer does then"
            )
        case .everyEnding:
            (
                " \(isPartial ? "that was judged" : "driven"), with a Close and without,",
                "it is left before the end, not by an ending"
            )
        case .compression:
            (
                " that compresses",
                "permessage-deflate leaves it, such as a compression context that is never freed"
            )
        default:
            (
                " \(isPartial ? "that was judged" : "driven")",
                "it takes one that does not leak to tell what leaves it"
            )
        }
    }

    private var opening: (String, String) {
        switch diagnosis.kind {
        case .request: (" that sends a request", "it is left by opening, not by an ending")
        case .openingHandshake:
            (" that sends a valid request", "it is left by the opening handshake, not by an ending")
        case .upgrade: (" that is upgraded", "it is left by the upgrade, not by an ending")
        default: (" that sends a message", "it is left by messages, not by opening or by an ending")
        }
    }

    private var handshakes: (String, String) {
        switch diagnosis.kind {
        case .nothingSent:
            (" that sends nothing", "the end of a connection without a request is not handled")
        case .unfinishedRequest:
            (" that sends no whole request", "the end of a connection before its request is whole is not handled")
        case .leavingInHandshake:
            (
                " that leaves during the opening handshake",
                "what is registered before the upgrade is not freed when the peer is gone by then"
            )
        case .refusal: (" that is refused", "a refusal does not free what the request took")
        default:
            (
                " whose opening handshake fails",
                "what the handshake took is freed with an open connection only"
            )
        }
    }

    private var life: (String, String) {
        switch diagnosis.kind {
        case .severalMessages:
            (
                " that sends several messages",
                "messages that nobody takes do not go with the connection, nor do their tasks or threads"
            )
        case .unreadReplies:
            (" that leaves replies unread", "what waits to be sent does not go with the connection")
        case .cutMessage:
            (
                " that ends in the middle of a message",
                "the part that was received does not go with the connection"
            )
        case .silentPeer:
            (
                " that stays and answers nothing",
                "a peer that is given up, by a heartbeat or an idle limit, is not freed as one that closes"
            )
        default: (" that stays for a while", "it comes with time, such as a timer that nobody stops")
        }
    }

    private var targetsEnds: (String, String) {
        switch diagnosis.kind {
        case .provokedClose:
            (" that makes the target close", "the target's own close does not free what a peer's close frees")
        case .protocolError:
            (" that breaks the protocol", "failing a connection does not free what closing it frees")
        case .unansweredClose:
            (" that leaves the target's Close unanswered", "nothing ends the wait for the peer's Close")
        default:
            (
                " that gives the target a reason to close",
                "the target's own close does not free what a peer's close frees"
            )
        }
    }

    private var peersEnds: (String, String) {
        switch diagnosis.kind {
        case .fin:
            (" that ends with a FIN and no Close frame", "the end of the stream is not handled, a reset is")
        case .reset: (" that ends with a reset", "a reset is not handled as an end, a FIN is")
        case .withoutClose:
            (
                " that ends an open connection without a Close frame",
                "the end without a Close frame is not handled, as by a server that listens for Close frames only"
            )
        case .messageWithoutClose:
            (
                " that sends a message and ends without a Close frame",
                "what a message registers is not freed at the end without a Close frame"
            )
        case .endOfTCP:
            (
                " that ends without a Close frame, upgraded or not,",
                "the end of TCP is not handled, only the closing handshake is"
            )
        case .closingHandshake:
            (" that ends with a Close", "the closing handshake frees less than any other end")
        default: (" of many that leave at once", "it takes many at a time; one alone leaves nothing")
        }
    }
}

extension SharedLeak {
    /// The amount with its resource: `7.4 KiB of live heap`, `3.1 to 8.1 KiB of live heap`.
    var words: String {
        isSame || !(least < most)
            ? Amount.text(perConnection, resource) + resource.suffix
            : Amount.range(least...most, resource) + resource.suffix
    }
}

extension CheckResult {
    /// What the leaking rows have in common, each with its words.
    var diagnosisTexts: [(diagnosis: Diagnosis, sentence: String)] {
        diagnoses.map { ($0, DiagnosisText($0, self).sentence) }
    }
}
