import Glibc

/// Waits for a descriptor in a thread that may block (poll(2)).
public enum Polling {
    /// Whether `events`, such as `POLLIN`, come on `descriptor` before the deadline; also true for an error or an end,
    /// which the next call on the descriptor reports.
    public static func wait(for events: Int32, on descriptor: Int32, until deadline: MonotonicTime) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        while true {
            let left = (deadline - .now) / .milliseconds(1)
            guard left > 0 else { return false }
            let count = poll(&entry, 1, Int32(min(left.rounded(.up), 60_000)))
            if count > 0 { return true }
            if count < 0 && errno != EINTR { return true }
        }
    }
}
