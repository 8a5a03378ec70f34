/// The four parameters of permessage-deflate (RFC 7692, section 7.1) as an offer or an answer carries them.
struct DeflateParameters: Hashable, Sendable {
    static let extensionName = "permessage-deflate"

    var serverNoContextTakeover = false
    var clientNoContextTakeover = false
    var serverMaxWindowBits: Int?
    var clientMaxWindowBits: WindowBits?

    /// `client_max_window_bits`, which an offer may carry without a value.
    enum WindowBits: Hashable, Sendable {
        case unspecified
        case bits(Int)
    }

    init() {}

    /// Reads the parameters; nil for an unknown or repeated one or one with an invalid value, which means that an offer
    /// is declined and an answer fails the connection (sections 7.1 and 7.1.2).
    init?(_ element: ExtensionElement) {
        guard Set(element.parameters.map(\.name)).count == element.parameters.count else { return nil }
        for parameter in element.parameters {
            switch (parameter.name, parameter.value) {
            case ("server_no_context_takeover", nil): serverNoContextTakeover = true
            case ("client_no_context_takeover", nil): clientNoContextTakeover = true
            case ("server_max_window_bits", let value?):
                guard let bits = Self.bits(value) else { return nil }
                serverMaxWindowBits = bits
            case ("client_max_window_bits", nil): clientMaxWindowBits = .unspecified
            case ("client_max_window_bits", let value?):
                guard let bits = Self.bits(value) else { return nil }
                clientMaxWindowBits = .bits(bits)
            default: return nil
            }
        }
    }

    /// A decimal from 8 to 15 without leading zeros (section 7.1.2).
    private static func bits(_ value: String) -> Int? {
        guard value.utf8.allSatisfy(ASCII.isDigit), value.first != "0", let bits = Int(value) else { return nil }
        return (8...15).contains(bits) ? bits : nil
    }

    /// The element as it is sent.
    var text: String {
        var text = Self.extensionName
        if serverNoContextTakeover { text += "; server_no_context_takeover" }
        if clientNoContextTakeover { text += "; client_no_context_takeover" }
        if let serverMaxWindowBits { text += "; server_max_window_bits=\(serverMaxWindowBits)" }
        switch clientMaxWindowBits {
        case .unspecified: text += "; client_max_window_bits"
        case .bits(let bits): text += "; client_max_window_bits=\(bits)"
        case nil: break
        }
        return text
    }
}

extension DeflateOptions {
    /// The server's answer to the first acceptable of a client's offers (RFC 7692, section 5); nil to go on without.
    func answer(to offers: [ExtensionElement]) -> (answer: DeflateParameters, agreement: DeflateAgreement)? {
        for offer in offers where offer.name == DeflateParameters.extensionName {
            guard let offered = DeflateParameters(offer) else { continue }
            var answer = DeflateParameters()
            answer.serverNoContextTakeover = offered.serverNoContextTakeover || !localContextTakeover
            answer.clientNoContextTakeover = offered.clientNoContextTakeover || !remoteContextTakeover
            let serverBits = min(offered.serverMaxWindowBits ?? 15, localWindowBits)
            if offered.serverMaxWindowBits != nil || serverBits < 15 { answer.serverMaxWindowBits = serverBits }
            var clientBits = 15
            // The server may limit the window only of a client that mentions it (section 7.1.2.2).
            switch offered.clientMaxWindowBits {
            case .unspecified: clientBits = remoteWindowBits
            case .bits(let bits): clientBits = min(bits, remoteWindowBits)
            case nil: break
            }
            if offered.clientMaxWindowBits != nil && clientBits < 15 { answer.clientMaxWindowBits = .bits(clientBits) }
            let agreement = DeflateAgreement(
                localContextTakeover: !answer.serverNoContextTakeover,
                remoteContextTakeover: !answer.clientNoContextTakeover, localWindowBits: serverBits,
                remoteWindowBits: clientBits, level: level, memoryLevel: memoryLevel, minimumBytes: minimumBytes)
            return (answer, agreement)
        }
        return nil
    }

    /// The client's offer.
    var offer: DeflateParameters {
        var offer = DeflateParameters()
        offer.serverNoContextTakeover = !remoteContextTakeover
        offer.clientNoContextTakeover = !localContextTakeover
        if remoteWindowBits < 15 { offer.serverMaxWindowBits = remoteWindowBits }
        offer.clientMaxWindowBits = localWindowBits < 15 ? .bits(localWindowBits) : .unspecified
        return offer
    }

    /// The outcome of the server's answer to our offer; nil if the answer does not fit the offer, and the connection
    /// must fail (RFC 7692, section 5.1).
    func agreement(from element: ExtensionElement) -> DeflateAgreement? {
        guard let answer = DeflateParameters(element) else { return nil }
        // What we requested must be granted, and the server may only restrict us further.
        guard answer.serverNoContextTakeover || remoteContextTakeover else { return nil }
        let serverBits = answer.serverMaxWindowBits ?? 15
        guard serverBits <= remoteWindowBits else { return nil }
        var clientBits = localWindowBits
        switch answer.clientMaxWindowBits {
        case .unspecified: return nil
        case .bits(let bits): clientBits = min(bits, localWindowBits)
        case nil: break
        }
        return DeflateAgreement(
            localContextTakeover: localContextTakeover && !answer.clientNoContextTakeover,
            remoteContextTakeover: !answer.serverNoContextTakeover, localWindowBits: clientBits,
            remoteWindowBits: serverBits, level: level, memoryLevel: memoryLevel, minimumBytes: minimumBytes)
    }
}
