import Causes

extension Cause {
    /// The cause without the frames of what runs the body: those of this library, and those that run a task.
    var withinBody: Cause {
        var cause = self
        cause.site = Array(site.prefix { !$0.runsBody })
        // What the compiler makes between functions has no line.
        let written = cause.site.filter { $0.location?.line != nil }
        if !written.isEmpty { cause.site = written }
        if cause.site.isEmpty { cause.site = site }
        return cause
    }
}

extension CodeFrame {
    private static let runners = ["WatertightTesting.", "swift_job_run", "swift::runJob"]

    /// Whether it is a frame of what runs a body, and not of one.
    fileprivate var runsBody: Bool { Self.runners.contains { function.contains($0) } }
}
