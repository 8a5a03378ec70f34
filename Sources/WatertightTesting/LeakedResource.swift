/// What a run can leave behind.
enum LeakedResource: String, CaseIterable {
    case descriptors, threads, heap = "live heap", objects
}
