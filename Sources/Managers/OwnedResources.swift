/// What a manager owns: nearly always one connection, for which a table would be too large.
struct OwnedResources {
    private var first: (any ManagedResource)?
    private var others: [ObjectIdentifier: any ManagedResource] = [:]

    var count: Int { (first == nil ? 0 : 1) + others.count }
    var isEmpty: Bool { first == nil && others.isEmpty }
    var all: [any ManagedResource] { [first].compactMap { $0 } + others.values }

    mutating func insert(_ resource: any ManagedResource) {
        if first === resource { return }
        if first == nil, others[ObjectIdentifier(resource)] == nil {
            first = resource
        } else {
            others[ObjectIdentifier(resource)] = resource
        }
    }

    /// Removes `resource`; true if it was the last one.
    mutating func removeLast(_ resource: any ManagedResource) -> Bool { remove(resource) && isEmpty }

    private mutating func remove(_ resource: any ManagedResource) -> Bool {
        if first === resource {
            first = nil
            return true
        }
        return others.removeValue(forKey: ObjectIdentifier(resource)) != nil
    }
}
