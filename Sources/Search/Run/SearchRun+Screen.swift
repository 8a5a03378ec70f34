import LeakStatistics
import Lifecycles
import Logging
import SystemCalls
import Targets

/// Plays new scripts, all at the same time, and reads what they leave behind together.
extension SearchRun {
    /// Carries a screen out.
    func screen(_ screen: Screen) async throws {
        let target = try await process(isFresh: screen.isFresh)
        if schedule.needsProcessSoon { startAhead() }
        var result = ScreenResult(scripts: screen.scripts.count)
        do {
            try await drive(screen, target, &result)
        } catch let lost as TargetLost {
            result.failure = .ended(lost.problem)
        }
        schedule.didScreen(screen, result)
        event(.tried(scripts: screen.scripts.count, symptom: result.failure?.symptom, amount: 0))
        logger.debug("a screen of \(screen.scripts.count) scripts: \(result.levels.words)")
        if result.failure != nil || usesManyDescriptors { await retire() }
    }

    private func drive(_ screen: Screen, _ target: Target, _ result: inout ScreenResult) async throws {
        try await round(screen, target, plays: true, &result)
        if !screen.isFresh { result.levels.append(try await levels(target)) }
        while schedule.asksForMore(screen, result.levels) {
            // What a fresh process holds after its first round is what the others are compared with.
            if result.levels.isEmpty {
                result.levels.append(try await levels(target))
                continue
            }
            try await round(screen, target, plays: false, &result)
            result.levels.append(try await levels(target))
        }
        result.failure = try await failure(of: target)
        guard result.failure == nil, schedule.asksForRest(screen, result) else { return }
        try await rest()
        result.rested = try await levels(target)
    }

    /// One round: every script's connections, and the target at rest.
    private func round(
        _ screen: Screen, _ target: Target, plays: Bool, _ result: inout ScreenResult
    ) async throws {
        let control = try target.descriptorCount()
        let began = MonotonicTime.now
        let order = Array(screen.scripts.indices).shuffled(using: &generator)
        var course = ScreenCourse(
            order, width: .init(descriptors: target.descriptorLimit, connections: screen.connections), plays: plays,
            isSlow: { [answers = result.answers] in answers[$0].map { $0.lasted >= SearchSchedule.slowFrom } ?? false })
        let peers = peerScript(target)
        await withTaskGroup(of: Acted.self) { [driver] group in
            var underWay = 0
            while true {
                while let act = course.next() {
                    underWay += 1
                    let work = Work(act, screen, peers, result)
                    group.addTask { await work.carryOut(driver, target) }
                }
                guard underWay > 0, let acted = await group.next() else { break }
                underWay -= 1
                result.note(acted)
                let isSlow = (acted.answer?.lasted ?? .zero) >= SearchSchedule.slowFrom
                course.did(acted.act, isSlow: isSlow, goesOn: screen.connections > 1 && acted.answer != nil)
            }
        }
        time[.screening] += began.elapsed
        try Task.checkCancellation()
        try await settle(target, control: control)
    }

    /// One act of a round, and what it takes.
    private struct Work: Sendable {
        let act: ScreenCourse.Act
        let script: SearchScript
        let connections: Int
        var peers: PeerScript
        let lasted: Duration

        init(_ act: ScreenCourse.Act, _ screen: Screen, _ peers: PeerScript, _ result: ScreenResult) {
            self.act = act
            self.peers = peers
            let index = act.script
            script = screen.scripts[index]
            let answer = result.answers[index]
            lasted = answer?.lasted ?? .zero
            switch act {
            case .play: connections = 1
            case .drive: connections = result.hasBeenPlayedOnly ? screen.connections - 1 : screen.connections
            }
            // What waited in vain once does so again, and need not wait as long.
            if answer?.signature.isStalled == true { self.peers.stepLimit = SearchRun.leastStepLimit }
        }

        func carryOut(_ driver: PeerDriver, _ target: Target) async -> Acted {
            let crowded = SearchScript.crowded(script, connections, lasted: lasted)
            guard let lifecycle = crowded.lifecycle(named: "screened") else { return Acted(act: act) }
            var load = PeerDriver.Load(
                connections: connections, concurrency: min(crowded.concurrency, connections),
                limit: SearchRun.driveLimit, acceptQueue: { target.acceptQueue() })
            guard case .play = act else {
                return Acted(act: act, counts: await driver.drive(lifecycle, peers, load))
            }
            let reader = Locked(AnswerReader())
            load.acceptQueue = nil
            load.trace = { event in reader.withLock { $0.note(event) } }
            let counts = await driver.drive(lifecycle, peers, load)
            return Acted(act: act, counts: counts, answer: reader.withLock { $0.answer })
        }
    }

    /// What came of an act.
    fileprivate struct Acted: Sendable {
        let act: ScreenCourse.Act
        var counts = DriveCounts()
        var answer: AnswerReader.Answer?
    }
}

extension ScreenResult {
    /// Whether the first round is under way, in which each script was played once before.
    fileprivate var hasBeenPlayedOnly: Bool { levels.isEmpty }

    fileprivate mutating func note(_ acted: SearchRun.Acted) {
        connections += acted.counts.attempted
        if let answer = acted.answer { answers[acted.act.script] = answer }
        if let violation = acted.counts.firstViolation { violations.append((acted.act.script, violation)) }
    }
}

extension ScreenCourse.Act {
    /// The index of the script.
    fileprivate var script: Int {
        switch self {
        case .play(let index), .drive(let index, _): index
        }
    }
}
