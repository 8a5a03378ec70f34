import FoundationEssentials
import Remedies

/// The JSON that the product writes: keys sorted, slashes as they are.
///
/// JSON has no infinity and no NaN, and a report or a record must not be lost because of one: they become words.
package enum JSONText {
    private static let (positive, negative, none) = ("Infinity", "-Infinity", "NaN")

    /// `value` as JSON, without a newline at the end; on one line unless it is `pretty`.
    package static func render(_ value: some Encodable, pretty: Bool = true) throws -> String {
        let encoder = JSONEncoder()
        encoder.userInfo[ProblemTable.key] = ProblemTable(\.words)
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: positive, negativeInfinity: negative, nan: none)
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// A decoder that reads what `render` writes.
    static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.userInfo[ProblemTable.key] = ProblemTable(\.words)
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: positive, negativeInfinity: negative, nan: none)
        return decoder
    }
}
