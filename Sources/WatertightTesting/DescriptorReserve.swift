import Glibc

/// A few descriptors in reserve, so that the process can still be read when all others are taken.
final class DescriptorReserve {
    private var numbers: [Int32] = []

    /// Reading a directory, and a table meanwhile.
    private static let count = 3

    init() {
        for _ in 0..<Self.count {
            let number = open("/dev/null", O_RDONLY | O_CLOEXEC)
            if number >= 0 { numbers.append(number) }
        }
    }

    /// Releases them for whatever is opened next.
    func release() {
        for number in numbers { close(number) }
        numbers = []
    }

    deinit {
        release()
    }
}
