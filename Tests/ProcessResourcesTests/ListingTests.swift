import Glibc
import Testing

@testable import ProcessResources

@Suite("Descriptors and threads one by one", .serialized)
struct ListingTests {
    @Test("a socket with its ends and its state", arguments: [AF_INET, AF_INET6])
    func sockets(family: Int32) throws {
        let reader = try ProcessReader(pid: getpid())
        let listener = try TestSocket.listening(family: family)
        var client: TestSocket? = try TestSocket.connected(to: listener)
        let clientPort = try #require(client).port
        let server = try listener.accepted()
        client = nil
        let never = try TestSocket.unconnected(family: family)
        let datagram = try TestSocket.unconnected(family: AF_UNIX)
        func found(_ socket: TestSocket) throws -> OpenDescriptor {
            try #require(try reader.openDescriptors().first { $0.identity.number == socket.descriptor })
        }
        let host = family == AF_INET ? "127.0.0.1" : "[::1]"
        #expect(
            try eventually {
                try found(server).description
                    == "socket \(host):\(listener.port) to \(host):\(clientPort), CLOSE_WAIT"
            })
        #expect(try found(server).inode == server.inode)
        #expect(try found(never).description == "socket, UNLISTED")
        #expect(try found(listener).tcpState == .listen)
        withExtendedLifetime(datagram) {}
    }

    @Test("a file with its path, and neither the reader's own descriptor nor the same number twice")
    func files() throws {
        let reader = try ProcessReader(pid: getpid())
        let number = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
        let identities = try reader.descriptorIdentities()
        #expect(Set(identities.map(\.number)).count == identities.count)
        let first = try #require(identities.first { $0.number == number })
        let file = try #require(try reader.openDescriptors().first { $0.identity == first })
        #expect(file.description == "file /proc/\(getpid())/maps")
        let other = open("/dev/null", O_RDONLY | O_CLOEXEC)
        dup2(other, number)
        let second = try #require(try reader.descriptorIdentities().first { $0.number == number })
        #expect(second != first)
        close(number)
        close(other)
    }

    @Test("threads by name")
    func threads() throws {
        let reader = try ProcessReader(pid: getpid())
        let threads = try reader.threadList()
        #expect(threads.contains { $0.id == getpid() })
        #expect(threads.allSatisfy { !$0.name.isEmpty })
        #expect(try Set(reader.threadIDs()).contains(getpid()))
    }
}
