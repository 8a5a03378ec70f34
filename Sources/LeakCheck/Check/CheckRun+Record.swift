import Lifecycles
import ProcessResources
import Sockets

extension CheckRun {
    /// What a record begins with, once the target and the rows are known.
    var header: CheckRecord.Header {
        CheckRecord.Header(
            startedAt: startedAt, seed: plan.seed, budgetSeconds: plan.budget.inSeconds, concurrency: plan.concurrency,
            target: description, runtime: runtime.map { "\($0)" } ?? "unknown", collectsLazily: isLazy,
            descriptorLimit: descriptorLimit, isolation: isolation, environment: plan.environment,
            memoryGrowthThresholdBytes: plan.memoryGrowthThresholdBytes, notes: notes,
            rows: rows.map { CheckRecord.Row(lifecycle: $0.lifecycle.name, compressed: $0.lifecycle.isCompressed) },
            probes: probes.isEmpty ? nil : probes)
    }
}
