public import Causes
public import HeapProbes
import ProcessResources
import Remedies

/// The probe of a target of which nothing but its descriptors can be told.
private struct DescriptorCauseProbe: CauseProbe {
    let source = DescriptorTallies.source
    let note: Problem?

    /// Whoever has the target adds the descriptors, as to every snapshot.
    func snapshot() async throws(Explanation.Failure) -> CauseSnapshot { CauseSnapshot() }

    func close() async {}
}

/// Chooses the probe that suits a target.
public enum CauseProbes {
    /// The probe for `subject`. Where there is none and `orDescriptors`, one that has only the note why.
    public static func open(
        _ subject: HeapSubject, orDescriptors: Bool
    ) async throws(Explanation.Failure) -> any CauseProbe {
        do throws(Explanation.Failure) {
            return try await open(subject)
        } catch {
            guard orDescriptors else { throw error }
            return DescriptorCauseProbe(note: error.problem)
        }
    }

    /// The probe for the runtime of `subject`, a command that was started with
    /// `HeapSpecification.environmentForCauses(of:)`. Throws where there is none, and says what to do.
    private static func open(_ subject: HeapSubject) async throws(Explanation.Failure) -> any CauseProbe {
        let node = subject.processes.filter { (try? $0.runtime())?.runtime == .node }
        // A signal to a process that is not ours opens its inspector: whoever asks for causes there wants that.
        if !node.isEmpty { return try await NodeCauseProbe(node, servingPort: subject.url.port, isOwn: subject.isOwn) }
        let java = subject.processes.filter { (try? $0.runtime())?.runtime == .jvm }
        if !java.isEmpty { return try JVMCauseProbe(java) }
        do throws(HeapProbeFailure) {
            if let probe = try await AgentCauseProbe(subject) { return probe }
            if let probe = try await GoCauseProbe(subject) { return probe }
        } catch {
            throw Explanation.Failure(error.problem)
        }
        if let probe = try native(subject) { return probe }
        let runtime = (try? subject.processes[0].runtime()).map { "\($0)" } ?? "an unknown runtime"
        throw Explanation.Failure(
            "no probe names causes in \(runtime)",
            remedy: "look with that runtime's own profiler, before and after the connections of the row's reproducer")
    }

    /// The probe of a native program; nil where `subject` is none.
    private static func native(_ subject: HeapSubject) throws(Explanation.Failure) -> NativeCauseProbe? {
        guard (try? subject.processes[0].runtime())?.runtime == .native else { return nil }
        guard subject.isOwn else {
            throw Explanation.Failure(
                "a native program is traced from its first moment\(remedies: .giveCommand), so that the check starts it"
            )
        }
        return try NativeCauseProbe(subject.processes, servingPort: subject.url.port)
    }
}

extension Explanation {
    /// What `body` yields; a failure of a probe that it uses is why there is no explanation.
    static func explained<Value>(
        _ body: () async throws(HeapProbeFailure) -> Value
    ) async throws(Failure) -> Value {
        do {
            return try await body()
        } catch {
            throw Failure(error.problem)
        }
    }
}
