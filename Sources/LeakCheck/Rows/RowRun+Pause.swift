import LeakStatistics
import Sockets

/// What a row's target gives back while it is left alone.
extension RowRun {
    /// The resources whose samples before the pause grew like a leak.
    func suspects(isLazy: Bool) -> [Resource] {
        guard let pauseIndex else { return [] }
        let opinions = opinions(isLazy: isLazy, upTo: pauseIndex)
        return resources.filter { opinions[$0] == .suspect }
    }

    /// Notes what has been given back by a moment within the pause, so much of it that the rest is clean. What is taken
    /// again was not given back.
    func noteReleases(at moment: CheckResult.Sample, isLazy: Bool) {
        let suspects = suspects(isLazy: isLazy)
        // The pause's own sample follows when it is over.
        samples.append(moment)
        defer { samples.removeLast() }
        let opinions = opinions(isLazy: isLazy)
        hasReleased = noteReleases(of: suspects) {
            confirmation(of: $0) == .released && opinions[$0]?.isClean(tightly: false) ?? false
        }
    }

    /// Notes what has been given back, most of it, by the pause's own sample, which is the last; whether all has.
    func noteReleasesInTheEnd(of suspects: [Resource]) -> Bool {
        noteReleases(of: suspects) { confirmation(of: $0) == .released }
    }

    private func noteReleases(of suspects: [Resource], _ isReleased: (Resource) -> Bool) -> Bool {
        for resource in suspects {
            releasedWithin[resource] = isReleased(resource) ? releasedWithin[resource] ?? idleSince.elapsed : nil
        }
        return suspects.allSatisfy { releasedWithin[$0] != nil }
    }
}
