import ArgumentParser
import WebSockets

/// The faults of `serve`.
struct FaultOptions: ParsableArguments {
    @Option(help: "How much later everything that is sent leaves, such as 1ms.")
    var delay: DurationArgument?
    @Option(
        help: ArgumentHelp(
            "Lose every so many messages that a connection is sent, and with it the connection: EVERY:FAILURE.",
            discussion: """
                FAILURE is timeout, after which nothing passes although TCP stays up, until a limit ends it; drop, the \
                end of the stream with no Close; or reset.
                """,
            valueName: "every:failure"),
        transform: {
            var plan = FaultPlan()
            try plan.setFailure($0)
            return plan
        })
    var failEvery: FaultPlan?
    @Option(help: "Draw the message of each group that is lost from this number, instead of losing the last of each.")
    var faultSeed: UInt64?

    func validate() throws {
        if faultSeed != nil && failEvery == nil {
            throw ValidationError("--fault-seed draws the message that --fail-every loses: give that, too")
        }
    }

    /// The plan that was asked for; nil when none was.
    var plan: FaultPlan? {
        guard delay != nil || failEvery != nil else { return nil }
        var plan = failEvery ?? FaultPlan()
        plan.delay = delay?.duration
        plan.seed = faultSeed
        return plan
    }
}
