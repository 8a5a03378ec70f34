/// What a run can leave behind.
enum LeakedResource: String, CaseIterable {
    case descriptors, threads, heap = "live heap", objects

    /// Those that are counted one by one, and exactly.
    static let counted: [LeakedResource] = [.descriptors, .threads, .objects]
}
