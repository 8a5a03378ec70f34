/// Why a store of series did not answer.
package enum StoreFailure: Error, Hashable, Sendable {
    /// It cannot be reached, or did not answer in time, after so many attempts.
    case unreachable(problem: String, attempts: Int)
    /// It refused a query, with its status and its words.
    case refused(status: Int, problem: String)
    /// It refuses whoever asks: 401 or 403.
    case unauthorised(status: Int)
    /// What came is no answer of it, or breaks off.
    case malformed(problem: String)
    /// Its clock is off by so many seconds.
    case clocksApart(seconds: Double)
}
