extension Duration {
    /// The duration in nanoseconds, at most `Int64.max` (292 years) and at least `Int64.min`.
    package var saturatedNanoseconds: Int64 {
        Int64(clamping: attoseconds / 1_000_000_000)
    }

    /// The duration in seconds.
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
