import HeapProbes
import LeakStatistics
import Lifecycles
import SystemCalls
import Targets
import Testing

@testable import LeakCheck

/// A target that never was: what each connection leaves, and for how long.
struct SimulatedTarget: Sendable, CustomStringConvertible {
    var name: String
    /// Connections a second that it takes.
    var rate = 2000.0
    /// How long it takes to start.
    var start = Duration.milliseconds(50)
    /// How long the last look at one of its rows takes, and the end of its process.
    var finish = Duration.zero
    /// Descriptors that each connection leaves for good, and how many connections leave one for a time.
    var descriptors = 0.0
    var keptDescriptors = 0.0
    /// Bytes that each connection leaves for good, and leaves for a time.
    var bytes = 0.0
    var keptBytes = 0.0
    /// Whether that varies from block to block, from nothing to twice as much.
    var keptVaries = false
    /// How long what is kept for a time is kept.
    var keptFor = Duration.zero
    /// Whether a timer of each connection ends that, which the target can be asked for.
    var hasTimers = false
    /// Bytes that each of the first connections leaves for good, and how many those are: a cache.
    var cachedBytes = 0.0
    var cacheSize = 0.0
    /// Whether the memory of what is freed goes back to the system at once.
    var returnsMemory = false
    /// Bytes at the start, all of which may be free.
    var base = 2_000_000.0
    var descriptorLimit = 20_000
    /// Whether its peers stay for a while, so that a block is of many.
    var staysConnected = false

    var description: String { name }
}

/// The course of a check against simulated targets, with a clock that is moved by hand: what `CheckRun` does with sockets.
struct SimulatedCheck {
    var schedule: CheckSchedule
    var rows: [RowMeasurement]
    var judge: RowJudge
    private(set) var now: MonotonicTime
    /// What was done, in order.
    private(set) var steps: [CheckSchedule.Step] = []
    /// The rows of which all is known, in order.
    private(set) var finished: [Int] = []
    private let targets: [SimulatedTarget]
    private let sharesProcess: Bool
    /// Connections and when each block of them was made, by row, and the most memory that was in use.
    private var made: [[(time: MonotonicTime, count: Double, keptShare: Double)]]
    private var generator = SeededGenerator(seed: 7)
    private var highWater: [Double]
    private var watches: [PauseWatch]
    private let begun = MonotonicTime(nanoseconds: 1_000_000_000_000)

    init(
        _ targets: [SimulatedTarget], budget: Duration = .seconds(300), isBudgetFixed: Bool = false,
        pause: Duration = .seconds(75), sharesProcess: Bool = false
    ) {
        self.targets = targets
        self.sharesProcess = sharesProcess
        now = begun
        rows = targets.map { _ in RowMeasurement(.fin) }
        var rules = RowJudge.Rules()
        rules.verdicts = 3 * targets.count
        rules.pauseSeconds = pause.inSeconds
        judge = RowJudge(rules)
        schedule = CheckSchedule(
            CheckSchedule.Settings(
                start: begun, budget: budget, isBudgetFixed: isBudgetFixed, pause: pause, sharesProcess: sharesProcess),
            staysConnected: targets.map(\.staysConnected), seed: 1)
        made = targets.map { _ in [] }
        highWater = targets.map { _ in 0 }
        watches = targets.map { _ in PauseWatch() }
    }

    var seconds: Double { (now - begun).inSeconds }

    /// Carries the check out; `stopsAt` ends it as an interruption would.
    mutating func run(stopsAt: Duration = .seconds(100_000)) async {
        var started: Set<Int> = []
        for _ in 0..<1_000_000 {
            // Other tests share the processor.
            if steps.count.isMultiple(of: 16) { await Task.yield() }
            let step = schedule.next(at: now)
            steps.append(step)
            if now - begun > stopsAt { return }
            switch step {
            case .begin(let row, let phase):
                if started.insert(row).inserted && (!sharesProcess || started.count == 1) {
                    now = now + targets[row].start
                    schedule.didStart(in: targets[row].start)
                }
                if rows[row].samples.last?.phase != .pause { sample(row, phase) }
                schedule.didBegin(row, at: now)
            case .drive(let row, let connections, let phase): drive(row, connections, phase)
            case .hold(let moment): now = max(moment, now + .milliseconds(1))
            case .watch(let resting): watch(resting)
            case .readTrough(let row):
                guard !finished.contains(row) else {
                    Issue.record("row \(row) is read, and its process has ended")
                    return
                }
                let suspects = judge.assessments(rows[row]).filter { $0.value == .suspect }.map(\.key)
                sample(row, .pause)
                watches[row] = PauseWatch()
                rows[row].stopReason = nil
                let assessments = judge.assessments(rows[row])
                rows[row].noteReleases(
                    Dictionary(
                        uniqueKeysWithValues: suspects.map { ($0, assessments[$0]?.isClean(tightly: false) ?? false) }),
                    after: 1)
                schedule.didReadTrough(row, assessments, at: now)
            case .finish(let row):
                finished.append(row)
                now = now + targets[row].finish
            case .done: return
            }
        }
    }

    func findings(_ row: Int = 0) -> [CheckResult.Finding] { judge.row(rows[row]).resources }

    func finding(_ resource: Resource, _ row: Int = 0) -> CheckResult.Finding {
        findings(row).first { $0.resource == resource }
            ?? CheckResult.Finding(resource: resource, verdict: .inconclusive)
    }

    // MARK: What the run would do

    private mutating func drive(_ row: Int, _ wanted: Int, _ phase: CheckResult.Sample.Phase) {
        var block = CheckSchedule.Block(completed: rows[row].completed, rate: 0, assessments: [:])
        let first = rows[row].samples[0].descriptors
        let last = rows[row].samples[rows[row].samples.count - 1].descriptors
        let limit = targets[row].descriptorLimit
        let answer = SafeLoad.connections(
            rows[row], use: (DescriptorUse(count: first, limit: limit), DescriptorUse(count: last, limit: limit)),
            isBeforePause: phase == .measure)
        switch answer {
        case .room(let room):
            let count = max(1, min(wanted, room))
            let time = Double(count) / targets[row].rate
            now = now + .seconds(time)
            let keptShare = targets[row].keptVaries ? Double.random(in: 0...2, using: &generator) : 1
            made[row].append((now, Double(count), keptShare))
            rows[row].connections.attempted += count
            rows[row].connections.completed += count
            sample(row, phase)
            block.rate = targets[row].rate
        case .none(let reason):
            rows[row].stopReason = reason
            block.isLast = true
        }
        block.completed = rows[row].completed
        let judgments = judge.judgments(rows[row])
        block.assessments = judgments.mapValues(\.assessment)
        block.isClear = RowJudge.isClear(judgments)
        block.restTells = RowJudge.restTells(judgments)
        schedule.didDrive(row, block, at: now)
    }

    private mutating func watch(_ resting: [Int]) {
        now = now + .seconds(1)
        for row in resting {
            noteTimers(row)
            let moment = reading(row, .pause)
            if schedule.rows[row].mustProbe(at: now, resting: resting.count) { schedule.didProbe(row, at: now) }
            let rest = judge.rest(of: rows[row], at: moment)
            rows[row].noteReleases(rest.releases, after: (now - schedule.rows[row].idleSince).inSeconds)
            let crest = rows[row].samples[rows[row].samples.count - 1]
            schedule.didWatch(
                row, hasReleased: rest.isOver,
                hasFallen: watches[row].hasFallen(at: moment, since: crest), at: now)
        }
    }

    private mutating func noteTimers(_ row: Int) {
        guard targets[row].hasTimers, !schedule.rows[row].restsInDoubt, schedule.rows[row].timerRest == .zero else {
            return
        }
        var pending = PendingTimers()
        for block in made[row] where now - block.time < targets[row].keptFor {
            pending.add(Int(block.count), dueIn: Int((targets[row].keptFor - (now - block.time)).inSeconds) + 1)
        }
        let idle = (now - schedule.rows[row].idleSince).inSeconds
        rows[row].timers = .init(pending, connections: rows[row].completed, idleSeconds: idle)
        guard let timers = rows[row].timers, timers.isWaitedFor else { return }
        schedule.didFindTimers(row, restingFor: .seconds(timers.restSeconds))
    }

    private mutating func sample(_ row: Int, _ phase: CheckResult.Sample.Phase) {
        rows[row].samples.append(reading(row, phase))
        now = now + .milliseconds(3)
    }

    private mutating func reading(_ row: Int, _ phase: CheckResult.Sample.Phase) -> CheckResult.Sample {
        let target = targets[row]
        let all = made[row].reduce(0) { $0 + $1.count }
        let kept = made[row].reduce(0) { $0 + (now - $1.time < target.keptFor ? $1.count * $1.keptShare : 0) }
        let inUse = target.bytes * all + target.keptBytes * kept + target.cachedBytes * min(all, target.cacheSize)
        highWater[row] = max(highWater[row], inUse)
        let memory = target.base + (target.returnsMemory ? inUse : highWater[row])
        return CheckResult.Sample(
            lifecycle: "fin", connections: rows[row].connections.completed, seconds: seconds, phase: phase,
            descriptors: 10 + Int(target.descriptors * all + target.keptDescriptors * kept), threads: 4,
            privateMemory: Int(memory / 4096) * 4096, residentMemory: Int(memory))
    }
}

extension SimulatedCheck {
    /// One of a single row, to its end.
    static func ran(_ target: SimulatedTarget, budget: Duration = .seconds(60)) async -> SimulatedCheck {
        var check = SimulatedCheck([target], budget: budget)
        await check.run()
        return check
    }

    func verdicts(_ row: Int = 0) -> [Resource: Verdict] {
        Dictionary(uniqueKeysWithValues: findings(row).map { ($0.resource, $0.verdict) })
    }
}
