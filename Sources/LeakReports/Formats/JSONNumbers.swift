import FoundationEssentials

/// JSON has no infinity and no NaN, and a report or a record must not be lost because of one: they become words.
enum JSONNumbers {
    private static let (positive, negative, none) = ("Infinity", "-Infinity", "NaN")

    /// An encoder whose keys are sorted and that writes such numbers as words.
    static func encoder(pretty: Bool) -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: positive, negativeInfinity: negative, nan: none)
        return encoder
    }

    /// A decoder that reads what the encoder writes.
    static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: positive, negativeInfinity: negative, nan: none)
        return decoder
    }
}
