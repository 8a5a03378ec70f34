import LeakTracking
import Testing
import ProcessResources
@Test func own() async throws {
    let tracker = try ResourceLeakTracker(limits: EnvironmentLimits(.test), samplingInterval: .seconds(100))
    var levels: [Int] = []
    levels.reserveCapacity(2000)
    for n in 1...600 { let a = OwnHeap.current().liveBytes; let s = try tracker.snapshot("cycle \(n)"); let b = OwnHeap.current().liveBytes; levels.append(s.liveHeapBytes!); if n % 60 == 0 { print(n, s.liveHeapBytes!, b - a) } }
}
