import Glibc

/// A few descriptors that are kept so that what holds all the others can still be read.
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

    /// Gives them up, to whoever opens something next.
    func release() {
        for number in numbers { close(number) }
        numbers = []
    }

    deinit {
        release()
    }
}
