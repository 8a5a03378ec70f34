import Glibc

/// The calendar's time, for reports alone: what is measured is measured by the monotonic clock.
enum UTCTime {
    /// Now, to the second: `2026-03-01T12:00:00Z`.
    static var now: String {
        var seconds = time(nil)
        var fields = tm()
        gmtime_r(&seconds, &fields)
        var buffer = [CChar](repeating: 0, count: 32)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &fields)
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
