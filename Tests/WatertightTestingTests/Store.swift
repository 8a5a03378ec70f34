import Glibc
import SystemCalls

/// A program's own code that keeps something of each call, one function for each kind.
final class Store: Sendable {
    private let blocks = Locked([UInt]())
    private let numbers = Locked([Int32]())

    /// Room for what is kept, so that the lists themselves do not grow.
    init() {
        blocks.withLock { $0.reserveCapacity(10_000) }
        numbers.withLock { $0.reserveCapacity(10_000) }
    }

    @inline(never) func receive() { remember() }

    @inline(never) func remember() {
        let address = UInt(bitPattern: malloc(1000)!)
        blocks.withLock { $0.append(address) }
    }

    @inline(never) func receiveLater() async {
        await Task.yield()
        remember()
    }

    @inline(never) func openDevice() {
        let number = open("/dev/null", O_RDONLY | O_CLOEXEC)
        numbers.withLock { $0.append(number) }
    }

    @inline(never) func listen() {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        Glibc.listen(number, 1)
        numbers.withLock { $0.append(number) }
    }

    /// Closes what was opened.
    func close() {
        numbers.withLock { numbers in
            for number in numbers { Glibc.close(number) }
            numbers.removeAll(keepingCapacity: true)
        }
    }

    @inline(never) func startThread() throws {
        try Thread.detach(name: "forgotten") { while true { pause() } }
    }
}
