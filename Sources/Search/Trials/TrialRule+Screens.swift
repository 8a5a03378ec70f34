package import LeakStatistics

/// What is worth another round, or a trial.
///
/// Growth is followed where each round leaves something behind. So one round that leaves nothing is enough to say that no
/// script of many does.
extension TrialRule {
    /// Rounds of a screen that must each leave something behind, before its scripts are tried in groups.
    private static let screenRounds = 3

    /// Of what is counted exactly a screen needs so much of what a trial needs: to look again costs little.
    private static let countShare = 0.5

    /// Whether a screen whose levels were read is worth another round: something grew each time, and not often enough yet.
    ///
    /// `before` are the levels after what the process took last.
    package func asksForMore(_ screen: Screen, _ levels: [[Resource: Double]], after before: [[Resource: Double]])
        -> Bool
    {
        let levels = course(levels, after: before)
        guard levels.count > 1 else { return true }
        return levels.count <= Self.screenRounds && !growing(screen, levels).isEmpty
    }

    /// Whether the scripts of a screen are to be tried in groups: something grew in each of its rounds, and is
    /// still there after the rest if there was one.
    package func isWorthTrials(_ screen: Screen, _ result: ScreenResult, after before: [[Resource: Double]]) -> Bool {
        let levels = course(result.levels, after: before)
        guard levels.count > Self.screenRounds else { return false }
        return growing(screen, levels).contains { resource in
            guard let first = levels[0][resource], let last = levels[levels.count - 1][resource] else { return false }
            return result.rested?[resource].map { $0 - first >= (last - first) / 2 } ?? true
        }
    }

    /// Whether a trial with these levels can still show growth that is followed.
    package func canStillGrow(_ trial: Trial, _ levels: [[Resource: Double]]) -> Bool {
        guard levels.count > 1, levels.count <= Trial.rounds else { return levels.count <= 1 }
        return levels[0].keys.contains { resource in
            let threshold = threshold(resource, scripts: trial.scripts.count, connections: trial.connections)
            return Self.steps(resource, levels).min().map { $0 >= threshold } ?? false
        }
    }

    /// The levels of a screen with what they are compared to in front: in a process that goes on what it held before.
    ///
    /// Of an exact count that is the lowest of the last levels, so that what is given back late hides nothing; pages come
    /// and go, and are compared with the last level.
    private func course(
        _ levels: [[Resource: Double]], after before: [[Resource: Double]]
    ) -> [[Resource: Double]] {
        guard var base = before.last else { return levels }
        for (resource, level) in base where resource.scale != .pages {
            base[resource] = before.compactMap { $0[resource] }.min() ?? level
        }
        return [base] + levels
    }

    /// What grew in each step by as much as a script of a group of the ordinary size would have to leave behind, and where it
    /// is no count evenly: memory that fills up for the first time grows less and less.
    private func growing(_ screen: Screen, _ levels: [[Resource: Double]]) -> [Resource] {
        levels[0].keys.filter { resource in
            let threshold = threshold(
                resource, scripts: min(screen.groupSize, screen.scripts.count), connections: screen.connections)
            let share = resource.scale == .counts ? Self.countShare : 1
            let steps = Self.steps(resource, levels)
            guard let least = steps.min(), let most = steps.max(), least >= threshold * share else { return false }
            return resource.scale == .counts || most <= least * Self.mostUneven
        }
    }

    /// What each round added; none where a level is missing.
    private static func steps(_ resource: Resource, _ levels: [[Resource: Double]]) -> [Double] {
        let course = levels.compactMap { $0[resource] }
        guard course.count == levels.count else { return [] }
        return zip(course, course.dropFirst()).map { $1 - $0 }
    }
}
