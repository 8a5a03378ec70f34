import Glibc

extension ProcessReader {
    /// The processor time of the process, all threads together, without the children it has waited for.
    ///
    /// To a hundredth of a second for processes of several threads; to the nanosecond for those of one, if the kernel
    /// keeps such figures.
    ///
    /// - Throws: `exited`, `zombie`, `malformed` or `unreadable`.
    package func processorTime() throws(ProcessReadFailure) -> Duration {
        let stat = try stat()
        if stat.state == .zombie { throw .zombie(pid: pid) }
        let perSecond = max(1, Int(sysconf(Int32(_SC_CLK_TCK))))
        let ticks = Duration.seconds(Double(stat.processorTicks) / Double(perSecond))
        guard let text = try? contents(of: "schedstat", limit: 256) else { return ticks }
        var scanner = ByteScanner(text.span)
        return max(ticks, .nanoseconds(scanner.decimal().flatMap { Int64(exactly: $0) } ?? 0))
    }
}
