/// A day of the Gregorian calendar, written `YYYY-MM-DD`.
public struct CalendarDay: Hashable, Sendable, Comparable, LosslessStringConvertible, Codable {
    private let year: Int
    private let month: Int
    private let day: Int

    /// The last day that can be written.
    static let last = CalendarDay(year: 9999, month: 12, day: 31)

    /// The day that `text` names; nil for anything but a day that exists, in this form.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]),
            (1...12).contains(month), day >= 1, day <= Self.length(of: month, in: year)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    private init(year: Int, month: Int, day: Int) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// The day, as it is written.
    public var description: String {
        func padded(_ number: Int, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - "\(number)".count)) + "\(number)"
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    /// The day so many days later.
    public func advanced(by days: Int) -> CalendarDay {
        var (year, month, day) = (year, month, day + days)
        while day > Self.length(of: month, in: year) {
            day -= Self.length(of: month, in: year)
            (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1)
        }
        return CalendarDay(year: year, month: month, day: day)
    }

    /// Whether the left day comes first.
    public static func < (left: CalendarDay, right: CalendarDay) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    /// Decodes the day from its text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let day = CalendarDay(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "it is no day as YYYY-MM-DD")
        }
        self = day
    }

    /// Encodes the day as its text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    private static func length(of month: Int, in year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
