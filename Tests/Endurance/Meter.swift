import Glibc
import ProcessResources

/// What this process holds, exactly: descriptors, threads and the allocator's own account.
struct Meter {
    private let reader: ProcessReader

    struct Reading: Equatable {
        var descriptors: Int
        var threads: Int
        var liveBytes: Int
    }

    init() throws {
        reader = try ProcessReader(pid: getpid())
    }

    func reading() throws -> Reading {
        Reading(
            descriptors: try reader.descriptorCount(), threads: try reader.threads(),
            liveBytes: OwnHeap.current().liveBytes)
    }

    /// Resident bytes once the allocator has given back what it can.
    func trimmedResidentBytes() throws -> Int {
        OwnHeap.trim()
        return try reader.memory().residentBytes
    }
}

/// The median of the slopes between all pairs of points (Theil 1950, Sen 1968), which steps and single values do not move.
func theilSenSlope(_ points: [(x: Double, y: Double)]) -> Double {
    var slopes: [Double] = []
    for (index, left) in points.enumerated() {
        for right in points[(index + 1)...] where right.x != left.x {
            slopes.append((right.y - left.y) / (right.x - left.x))
        }
    }
    guard !slopes.isEmpty else { return .nan }
    slopes.sort()
    let middle = slopes.count / 2
    return slopes.count.isMultiple(of: 2) ? (slopes[middle - 1] + slopes[middle]) / 2 : slopes[middle]
}
