import Glibc
import Testing

@testable import ProcessResources

/// Whether the kernel has the sockets at all: not asked through the code under test.
private let hasSocketDiagnosis: Bool = {
    // NETLINK_SOCK_DIAG
    let number = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue), 4)
    defer { close(number) }
    return number >= 0
}()

@Suite("TCP rows over netlink and as text", .serialized, .enabled(if: hasSocketDiagnosis))
struct SocketDiagnosisTests {
    private let reader: ProcessReader

    init() throws {
        reader = try ProcessReader(pid: getpid())
    }

    private static func byInode(_ rows: [TCPRow], of sockets: [TestSocket]) -> [UInt64: TCPRow] {
        let inodes = Set(sockets.map(\.inode))
        return Dictionary(rows.filter { inodes.contains($0.inode) }.map { ($0.inode, $0) }) { $1 }
    }

    /// Both sources name the sockets in these states, and in everything else they agree too.
    private func expectAgreement(_ sockets: [(TestSocket, TCPState)], _ table: TCPTable) throws {
        let wanted = Dictionary(uniqueKeysWithValues: sockets.map { ($0.0.inode, $0.1) })
        let all = sockets.map(\.0)
        var listed: [UInt64: TCPRow] = [:]
        var diagnosed: [UInt64: TCPRow] = [:]
        _ = try eventually {
            listed = Self.byInode(try reader.listedTCPRows(of: table), of: all)
            diagnosed = Self.byInode(try SocketDiagnosis.heldRows(of: table), of: all)
            return listed.mapValues(\.state) == wanted && diagnosed == listed
        }
        #expect(listed.mapValues(\.state) == wanted)
        #expect(diagnosed == listed)
    }

    @Test(
        "every state that a process can hold",
        arguments: [(AF_INET, false, TCPTable.version4), (AF_INET6, false, .version6), (AF_INET6, true, .version6)])
    func states(family: Int32, isMapped: Bool, table: TCPTable) throws {
        let listener = try TestSocket.listening(family: family, isMapped: isMapped)
        func pair() throws -> (TestSocket, TestSocket) {
            let client = try TestSocket.connected(to: listener)
            return (client, try listener.accepted())
        }
        let open = try pair()
        let half = try pair()
        try half.0.shutdownWriting()
        // What the peer does not read stands in front of the FIN.
        let stuck = try pair()
        try stuck.0.fill()
        try stuck.0.shutdownWriting()
        let crossed = try pair()
        try crossed.0.fill()
        try crossed.0.shutdownWriting()
        try crossed.1.shutdownWriting()
        let last = try pair()
        try last.0.fill()
        try last.1.shutdownWriting()
        try #require(
            try eventually {
                let rows = Self.byInode(try reader.listedTCPRows(of: table), of: [last.0])
                return rows[last.0.inode]?.state == .closeWait
            })
        try last.0.shutdownWriting()
        let waiting = try TestSocket.connected(to: listener)
        try expectAgreement(
            [
                (listener, .listen), (open.0, .established), (open.1, .established), (half.0, .finWait2),
                (half.1, .closeWait), (stuck.0, .finWait1), (stuck.1, .established), (crossed.0, .closing),
                (crossed.1, .finWait2), (last.0, .lastAcknowledgement), (last.1, .finWait2), (waiting, .established),
            ], table)
    }

    @Test("a connection that nobody answers", arguments: [(AF_INET, TCPTable.version4), (AF_INET6, .version6)])
    func synSent(family: Int32, table: TCPTable) throws {
        let listener = try TestSocket.listening(family: family, backlog: 0)
        let waiting = try TestSocket.connected(to: listener)
        let connecting = try TestSocket.connecting(to: listener)
        try expectAgreement([(listener, .listen), (waiting, .established), (connecting, .synSent)], table)
    }

    @Test("what nobody holds is in neither")
    func unheld() throws {
        let listener = try TestSocket.listening()
        var client: TestSocket? = try TestSocket.connected(to: listener)
        var server: TestSocket? = try listener.accepted()
        let inodes = [try #require(client).inode, try #require(server).inode]
        // One end closes first and keeps the connection in TIME_WAIT; a third connection is not accepted.
        client = nil
        server = nil
        let waiting = try TestSocket.connected(to: listener)
        for rows in [try reader.listedTCPRows(of: .version4), try SocketDiagnosis.heldRows(of: .version4)] {
            #expect(!rows.contains { $0.inode == 0 || inodes.contains($0.inode) })
            // The text may tell one twice where the table changes between two reads of it.
            #expect(Set(rows.filter { $0.remote.port == listener.port }.map(\.inode)) == [waiting.inode])
        }
    }

    @Test("more sockets than one datagram holds", arguments: [(AF_INET, TCPTable.version4), (AF_INET6, .version6)])
    func many(family: Int32, table: TCPTable) throws {
        let listeners = try (0..<400).map { _ in try TestSocket.listening(family: family) }
        try expectAgreement(listeners.map { ($0, .listen) }, table)
    }

    @Test(
        "where the kernel does not answer, the text is read",
        arguments: [
            SocketDiagnosisFailure.refused(errno: ENOENT), .inconsistent, .endless, .malformed(ParseFailure("cut")),
        ])
    func refused(failure: SocketDiagnosisFailure) throws {
        let listener = try TestSocket.listening()
        let rows = try reader.heldTCPRows(of: .version4) { (_) throws(SocketDiagnosisFailure) in throw failure }
        #expect(rows.filter { $0.inode == listener.inode }.map(\.state) == [.listen])
    }

    @Test("in our own namespace the kernel is asked")
    func asked() throws {
        let rows = try reader.heldTCPRows(of: .version4) { (_) throws(SocketDiagnosisFailure) in [] }
        #expect(rows.isEmpty)
    }

    @Test("a process in another network namespace has its own tables", .enabled(if: NetworkNamespace.canBeMade))
    func namespace() throws {
        let listener = try TestSocket.listening()
        let here = try SpawnedProcess.sleeping(passing: [listener.descriptor])
        let there = try NetworkNamespace.sleeping(passing: [listener.descriptor])
        #expect(try ProcessReader(pid: here.pid).sample().tcpStates == [.listen: 1])
        let reader = try ProcessReader(pid: there.pid)
        // The socket stays where it was made.
        #expect(try eventually { try reader.sample().tcpStates == [.unlisted: 1] })
        #expect(!reader.isInOwnNetwork)
        let rows = try reader.heldTCPRows(of: .version4) { (_) throws(SocketDiagnosisFailure) in
            Issue.record("asked for another namespace's sockets")
            return []
        }
        #expect(rows.isEmpty)
    }
}

/// Processes with a network of their own, by unshare(1), where that is permitted.
private enum NetworkNamespace {
    private static let command = ["/usr/bin/unshare", "--map-root-user", "--net"]

    static let canBeMade: Bool = {
        guard access(command[0], X_OK) == 0, let trial = try? SpawnedProcess(command + ["/bin/true"]) else {
            return false
        }
        return trial.exitCode() == 0
    }()

    static func sleeping(passing descriptors: [Int32]) throws -> SpawnedProcess {
        try SpawnedProcess(command + ["/bin/sleep", "600"], passing: descriptors)
    }
}
