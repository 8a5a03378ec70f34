/// Durations as people write them: `250ms`, `10s`, `2m`, `1h`, `7d`, or a plain number of seconds.
public enum DurationText {
    /// Units by suffix, in seconds; the longest suffix first.
    private static let units: [(suffix: String, seconds: Double)] = [
        ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("", 1),
    ]

    /// Reads a duration of at least 0; nil when it is none, or longer than a billion seconds.
    public static func parse(_ text: String) -> Duration? {
        for (suffix, seconds) in units where text.hasSuffix(suffix) {
            guard let number = Double(text.dropLast(suffix.count)), number >= 0, number * seconds <= 1e9 else {
                return nil
            }
            return .seconds(number * seconds)
        }
        return nil
    }

    /// Writes a duration in whole seconds, or in milliseconds, so that it can be read again.
    public static func format(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        guard attoseconds != 0 else { return "\(seconds)s" }
        let microseconds = (duration / .microseconds(1)).rounded()
        let whole = Int(microseconds / 1000)
        return microseconds == Double(whole) * 1000 ? "\(whole)ms" : "\(microseconds / 1000)ms"
    }
}

/// Sizes of memory as people write them: `50MB`, where 1 MB is 1,048,576 bytes, as tools that read processes have it.
public enum SizeText {
    private static let units: [(suffix: String, bytes: Int)] = [
        ("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10), ("B", 1),
    ]

    /// Reads a size of at most 1,024 GB; nil when it is none.
    public static func parse(_ text: String) -> Int? {
        let upper = text.uppercased()
        let (suffix, unit) = units.first { upper.hasSuffix($0.suffix) } ?? ("", 1)
        guard let number = Double(upper.dropLast(suffix.count)), number >= 0, number * Double(unit) <= 0x1p40 else {
            return nil
        }
        return Int(number * Double(unit))
    }

    /// Writes a size in the largest unit that keeps it exact.
    public static func format(_ bytes: Int) -> String {
        let (suffix, unit) = units.first { bytes >= $0.bytes && bytes % $0.bytes == 0 } ?? ("B", 1)
        return "\(bytes / unit)\(suffix)"
    }
}
