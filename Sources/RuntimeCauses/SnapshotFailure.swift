/// Why a snapshot cannot be read.
struct SnapshotFailure: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
