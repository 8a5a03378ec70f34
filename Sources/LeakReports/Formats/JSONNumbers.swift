import FoundationEssentials

/// JSON has no number for what is beyond all bounds, and a report or a record must not be lost for one: they are words.
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
