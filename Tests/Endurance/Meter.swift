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

    /// Private bytes once the allocator has given back what it can. Pages of files, which the kernel drops and reads again as it
    /// likes, are none.
    func trimmedPrivateBytes() throws -> Int {
        OwnHeap.trim()
        return try reader.memory().privateBytes
    }
}

/// The median of `values`; NaN for none.
func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return .nan }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}
