import Glibc
import Testing

@testable import ProcessResources

@Suite("Sockets joined to the kernel's tables", .serialized)
struct SocketJoinTests {
    @Test("a process's sockets are counted by state, exactly", arguments: [AF_INET, AF_INET6])
    func states(family: Int32) throws {
        let listener = try TestSocket.listening(family: family)
        let openClient = try TestSocket.connected(to: listener)
        let openServer = try listener.accepted()
        var closedClient: TestSocket? = try TestSocket.connected(to: listener)
        let leftBehind = try listener.accepted()
        _ = closedClient?.port
        closedClient = nil
        let never = try TestSocket.unconnected(family: family)
        let datagram = try TestSocket.unconnected(family: family, type: SOCK_DGRAM)
        let local = try TestSocket.unconnected(family: AF_UNIX)
        let passed = [listener, openClient, openServer, leftBehind, never, datagram, local]

        let child = try SpawnedProcess.sleeping(passing: passed.map(\.descriptor))
        let reader = try ProcessReader(pid: child.pid)
        var sample = try reader.sample()
        #expect(
            try eventually {
                sample = try reader.sample()
                return sample.tcpStates[.closeWait] == 1
            })
        // A datagram socket that was never bound is in no table either.
        #expect(sample.tcpStates == [.listen: 1, .established: 2, .closeWait: 1, .unlisted: 2])
        #expect(sample.descriptors[.socket] == 7)
    }

    @Test("our own process shows its sockets")
    func own() throws {
        let reader = try ProcessReader(pid: getpid())
        let listener = try TestSocket.listening()
        let client = try TestSocket.connected(to: listener)
        let server = try listener.accepted()
        let never = try TestSocket.unconnected()
        let sample = try reader.sample()
        #expect(sample.tcpStates[.listen, default: 0] >= 1)
        #expect(sample.tcpStates[.established, default: 0] >= 2)
        #expect(sample.tcpStates[.unlisted, default: 0] >= 1)
        #expect(sample.descriptors[.socket] >= 4)
        withExtendedLifetime((client, server, never)) {}
    }

    @Test("a connection reset underneath is held without a row")
    func reset() throws {
        let listener = try TestSocket.listening()
        var client: TestSocket? = try TestSocket.connected(to: listener)
        let server = try listener.accepted()
        let child = try SpawnedProcess.sleeping(passing: [server.descriptor])
        let reader = try ProcessReader(pid: child.pid)
        #expect(try reader.sample().tcpStates == [.established: 1])
        var lingering = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            try #require(client).descriptor, SOL_SOCKET, SO_LINGER, &lingering, socklen_t(MemoryLayout<linger>.size))
        client = nil
        #expect(try eventually { try reader.sample().tcpStates == [.unlisted: 1] })
        #expect(try reader.sample().descriptors[.socket] == 1)
    }

    @Test("connections that wait to be accepted show in the listener's queue", arguments: [AF_INET, AF_INET6])
    func acceptQueue(family: Int32) throws {
        let reader = try ProcessReader(pid: getpid())
        let listener = try TestSocket.listening(family: family)
        let port = listener.port
        func length() throws -> Int { try reader.listeners(port: port).reduce(0) { $0 + $1.length } }

        let found = try reader.listeners(port: port)
        #expect(found.map(\.inode) == [listener.inode])
        #expect(found.map(\.local.port) == [port])
        #expect(try length() == 0)
        var clients: [TestSocket] = []
        for count in 1...5 {
            clients.append(try TestSocket.connected(to: listener))
            #expect(try eventually { try length() == count })
        }
        let accepted = try listener.accepted()
        #expect(try eventually { try length() == 4 })
        #expect(try reader.again(found[0])?.length == 4)
        var closed = found[0]
        closed.inode = .max
        #expect(try reader.again(closed) == nil)
        withExtendedLifetime((accepted, clients)) {}
    }

    @Test("every listener of a crowd is found, and none on a port without")
    func crowd() throws {
        let reader = try ProcessReader(pid: getpid())
        let crowd = try (0..<60).map { try TestSocket.listening(family: $0 % 2 == 0 ? AF_INET : AF_INET6) }
        for listener in crowd {
            #expect(try reader.listeners(port: listener.port).map(\.inode).contains(listener.inode))
        }
        let bound = try TestSocket.connected(to: crowd[0])
        #expect(try reader.listeners(port: bound.port).isEmpty)
    }

    @Test("the holder of a listening socket is named, and only it")
    func owner() throws {
        let listener = try TestSocket.listening()
        let holder = try SpawnedProcess.sleeping(passing: [listener.descriptor])
        let other = try SpawnedProcess.sleeping()
        #expect(try ProcessReader(pid: holder.pid).listens(port: listener.port))
        #expect(try !ProcessReader(pid: other.pid).listens(port: listener.port))
        #expect(try ProcessReader(pid: getpid()).listens(port: listener.port))
        let tree = try ProcessTree(roots: [other.pid, holder.pid])
        #expect(try tree.listeners(port: listener.port) == [holder.pid])
        #expect(try ProcessTree(roots: [other.pid]).listeners(port: listener.port).isEmpty)
    }

    @Test(
        "the inode of a row of each table",
        arguments: [
            (6, "0000000000000000: 00000002 00000000 00010000 0001 01 15555 /run/x.sock", 15555),
            (6, "0000000000000000: 00000003 00000000 00000000 0001 03 777", 777),
            (9, "  99: 00000000:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000   0   0 4321 2 0 0", 4321),
            (9, "00000000c6f4b49c 0   1234  00000111 0 0 0 2 0 888", 888),
            (8, "00000000c6f4b49c 3 3 0003 2 1 0 0 999", 999),
            (6, "Num       RefCount Protocol Flags    Type St Inode Path", nil),
            (9, "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode", nil),
            (9, "", nil),
        ] as [(Int, String, UInt64?)])
    func tables(field: Int, line: String, inode: UInt64?) {
        let bytes = Array(line.utf8)
        let found = SocketTables.inode(field: field, of: bytes.span)
        #expect(found == inode)
    }
}
