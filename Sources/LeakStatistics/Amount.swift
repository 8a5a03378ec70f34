/// Amounts of a resource as people read them.
package enum Amount {
    /// `1.00 descriptors`, `4.0 KiB`, `312 B`; with a sign only if it is negative.
    package static func text(_ amount: Double, _ resource: Resource) -> String {
        resource.isMemory ? bytes(amount) : count(amount)
    }

    /// Both ends in one unit: `1,020 to 1,110 B`, `4.0 to 12.4 KiB`.
    package static func range(_ range: ClosedRange<Double>, _ resource: Resource) -> String {
        guard resource.isMemory else { return "\(count(range.lowerBound)) to \(count(range.upperBound))" }
        let upper = bytes(range.upperBound)
        guard let unit = upper.split(separator: " ").last, unit != "B" else {
            return "\(Int(near: range.lowerBound.rounded())) to \(upper)"
        }
        let size = unit == "KiB" ? 1024.0 : 1024 * 1024
        return "\(fixed(range.lowerBound / size, 1)) to \(upper)"
    }

    /// An upper bound, rounded up, so that the printed value holds and is never zero.
    package static func bound(_ amount: Double, _ resource: Resource) -> String {
        resource.isMemory
            ? bytes(max(1, amount.rounded(.up))) : count(max(0.0001, (amount * 10_000).rounded(.up) / 10_000))
    }

    /// Bytes as such up to four digits, then in the unit that leaves up to four.
    package static func bytes(_ amount: Double) -> String {
        if abs(amount) < 10_000 { return "\(Int(near: amount.rounded())) B" }
        let kibibytes = amount / 1024
        return abs(kibibytes) < 1024 ? "\(fixed(kibibytes, 1)) KiB" : "\(fixed(kibibytes / 1024, 1)) MiB"
    }

    /// A count with as many decimals as are significant.
    package static func count(_ amount: Double) -> String {
        let size = abs(amount)
        return size == 0 ? "0" : fixed(amount, size < 0.01 ? 4 : size < 0.1 ? 3 : 2)
    }

    /// A whole number with grouped thousands: `1,048,576`.
    package static func whole(_ amount: Double) -> String {
        guard !amount.isNaN else { return "?" }
        let digits = String(Int(near: amount.rounded(.down)).magnitude)
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { grouped += "," }
            grouped.append(digit)
        }
        return (amount <= -1 ? "-" : "") + grouped
    }

    /// A time: `60 s`, `12.25 s`.
    package static func seconds(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? "\(whole(seconds)) s" : "\(count(seconds)) s"
    }

    private static func fixed(_ value: Double, _ digits: Int) -> String {
        // Beyond this no decimal is significant.
        guard abs(value) < 1e11 else { return whole(value) }
        let scale = [1.0, 10, 100, 1000, 10000][digits]
        let scaled = Int((abs(value) * scale).rounded())
        let whole = scaled / Int(scale)
        var fraction = String(scaled % Int(scale))
        while fraction.count < digits { fraction = "0" + fraction }
        return (value < 0 && scaled > 0 ? "-" : "") + "\(whole)" + (digits == 0 ? "" : ".\(fraction)")
    }
}

extension Int {
    /// The whole number `value`, limited to a range that leaves room for arithmetic; 0 for NaN.
    package init(near value: Double) {
        self = value.isNaN ? 0 : Int(Swift.min(Swift.max(value, -Self.farthest), Self.farthest))
    }

    /// Below the largest number up to which all integers are exact.
    private static let farthest = 9e15
}
