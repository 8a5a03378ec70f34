import Glibc
public import Testing

extension Trait where Self == ConditionTrait {
    /// For what a slow machine may rightly end otherwise: real checks with a budget, and limits in milliseconds.
    ///
    /// Skipped unless the variable `TIMED_TESTS` is set, as `.ci/run` does in a stage in which nothing else runs.
    public static var timed: Self {
        .enabled(if: getenv("TIMED_TESTS") != nil, "needs a machine to itself: TIMED_TESTS=1, as .ci/run does")
    }
}
