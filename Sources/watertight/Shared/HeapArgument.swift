import ArgumentParser
import HeapProbes
import Targets

/// The option `--heap`, which several commands have.
enum HeapArgument {
    /// Reads one of `HeapSpecification.forms`.
    static func template(_ text: String) throws -> HeapTemplate {
        do {
            return try HeapTemplate(text)
        } catch {
            throw ValidationError("--heap: \(error)")
        }
    }

    /// Throws for probes that do not go together.
    static func validate(_ heap: [HeapTemplate]) throws {
        if heap.count > 1 && heap.contains(where: { $0.text == "none" }) {
            throw ValidationError("--heap none stands alone")
        }
        if Set(heap.map(\.gauge)).count < heap.count {
            throw ValidationError("two of --heap read the same: give the value of one another #NAME, or leave one out")
        }
    }
}
