import ProcessResources

extension Target {
    /// What each of the processes holds now, the first ones first; one that ends meanwhile is left out.
    ///
    /// Throws `TargetLost` where one without which there is no target cannot be read.
    package func holdings() throws -> [ProcessHolding] {
        try readingTree { tree in
            try tree.refresh()
            var holdings: [ProcessHolding] = []
            for member in tree.members {
                do {
                    holdings.append(
                        ProcessHolding(
                            pid: member.pid, startTicks: member.identity.startTicks, name: try member.name(),
                            descriptors: try member.descriptorCount(), privateBytes: try member.memory().privateBytes))
                } catch {
                    if tree.needs(member) { throw error }
                }
            }
            return holdings
        }
    }
}
