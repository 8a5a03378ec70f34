/// Which code started the threads that are left: the stacks that allocated what the loader keeps of each thread.
struct ThreadStarters {
    /// For each stack, as far as a report shows it, how many threads of each connection it started.
    private var found: [[CodeFrame]: Double] = [:]

    private static let function = "pthread_create"
    private static let mostFrames = 3
    /// By how much of it the counts of threads and of what they have may differ.
    private static let tolerance = 0.1

    /// Those that the stacks of `causes` show, whose functions have the names that `frames` says.
    init(among causes: [Cause], frames: (CodeFrame) -> [CodeFrame]) {
        for cause in causes where cause.kind == .allocation {
            let site = cause.site.flatMap(frames)
            guard let call = site.firstIndex(where: { $0.function.hasPrefix(Self.function) }) else { continue }
            let own = site[call...].dropFirst().filter { $0.location.map { !$0.isLibrary } ?? false }
            // Outer frames may differ, as those of a loop.
            found[Array(own.prefix(Self.mostFrames)), default: 0] += cause.countPerConnection
        }
    }

    /// The frames that started the threads of `cause`, the first marked as what made them; none where as many were started nowhere.
    func site(of cause: Cause) -> [CodeFrame] {
        let count = cause.countPerConnection
        let site = found.first { abs($0.value - count) <= Self.tolerance * count }?.key ?? []
        guard let first = site.first else { return [] }
        return [CodeFrame(Cause.maker + first.function, at: first.location)] + site.dropFirst()
    }
}
