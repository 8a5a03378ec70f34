import Glibc
import ProcessResources
import SystemCalls
import Targets

/// What a search and its target use of a processor.
extension SearchRun {
    /// Makes `target` the process that goes on.
    func goOn(with target: Target) {
        self.target = target
        processorBefore = Self.processorTime(of: target)
    }

    /// Adds what the process that goes on has used, and what the search has.
    func noteProcessor() {
        time.ownProcessor = (try? ProcessReader(pid: getpid()).processorTime()) ?? .zero
        guard let target else { return }
        let used = Self.processorTime(of: target)
        time.targetProcessor += max(.zero, used - processorBefore)
        processorBefore = used
    }

    /// What the processes of `target` have used.
    static func processorTime(of target: Target) -> Duration {
        target.members.reduce(.zero) { $0 + ((try? $1.processorTime()) ?? .zero) }
    }
}
