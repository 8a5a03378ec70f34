import Glibc
import SystemCalls
import Testing

@testable import Sockets

/// Both families' loopback, with a free port.
let loopbacks: [SocketAddress] = [.loopback(port: 0), .loopbackIPv6(port: 0)]

/// Waits until `descriptor` is ready for `events`, longer than any machine takes.
func wait(_ descriptor: borrowing OwnedDescriptor, _ events: Int32) -> Bool {
    Polling.wait(for: events, on: descriptor.rawValue, until: .now + .seconds(600))
}

/// The next connection.
func accepted(from listener: borrowing OwnedDescriptor) throws -> OwnedDescriptor {
    _ = wait(listener, POLLIN)
    guard let server = try listener.accept() else { throw SystemCallError(.accept4, errno: ETIMEDOUT) }
    return server
}

/// Two connected sockets and nothing else.
struct Pair: ~Copyable {
    let client: OwnedDescriptor
    let server: OwnedDescriptor

    init(_ address: SocketAddress = .loopback(port: 0)) throws {
        let listener = try OwnedDescriptor.listening(on: address)
        let client = try OwnedDescriptor.connecting(to: listener.localAddress())
        let server = try accepted(from: listener)
        self.client = client
        self.server = server
    }
}

/// What one read comes to: a count, or minus the error number.
func readOnce(_ descriptor: borrowing OwnedDescriptor) -> Int {
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = recv(descriptor.rawValue, &buffer, buffer.count, 0)
    return count < 0 ? -Int(errno) : count
}

@Suite("TCP sockets")
struct TCPTests {
    @Test("a socket is waited for until it is connected, refused, or the deadline has passed", arguments: loopbacks)
    func connected(address: SocketAddress) throws {
        var failure: SystemCallError?
        // Another test may take the port as soon as it is free, and answer.
        for _ in 0..<10 where failure == nil {
            let bound: SocketAddress
            do {
                let listener = try OwnedDescriptor.listening(on: address)
                bound = try listener.localAddress()
                let client = try OwnedDescriptor.connected(to: bound, by: .now + .seconds(600))
                #expect(try client.peerAddress() == bound)
                #expect(throws: SystemCallError(.connect, errno: ETIMEDOUT)) {
                    _ = try OwnedDescriptor.connected(to: bound, by: .now)
                }
            }
            do throws(SystemCallError) {
                _ = try OwnedDescriptor.connected(to: bound, by: .now + .seconds(600))
            } catch {
                failure = error
            }
        }
        #expect(failure?.errno == ECONNREFUSED)
    }

    @Test("listen on a free port, connect, accept, know both ends", arguments: loopbacks)
    func connects(address: SocketAddress) throws {
        let listener = try OwnedDescriptor.listening(on: address)
        let bound = try listener.localAddress()
        #expect(bound.port != 0 && bound.host == address.host)
        #expect(try isEmpty(listener))
        let client = try OwnedDescriptor.connecting(to: bound)
        let isWritable = wait(client, POLLOUT)
        #expect(isWritable)
        let failure = client.connectFailure()
        #expect(failure == nil)
        let server = try accepted(from: listener)
        #expect(try isEmpty(listener))
        let ends = try [client.peerAddress(), server.localAddress(), server.peerAddress(), client.localAddress()]
        #expect(ends == [bound, bound, ends[3], ends[3]])
        for number in [client.rawValue, server.rawValue] {
            #expect(fcntl(number, F_GETFL) & O_NONBLOCK != 0)
            #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
            var value: Int32 = 0
            var length = socklen_t(4)
            #expect(getsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &value, &length) == 0 && value != 0)
        }
    }

    private func isEmpty(_ listener: borrowing OwnedDescriptor) throws -> Bool {
        if let _ = try listener.accept() { return false }
        return true
    }

    @Test(
        "from a chosen local address",
        arguments: [(SocketAddress.loopback(port: 0), "127.0.0.9"), (.loopbackIPv6(port: 0), "::1")])
    func source(address: SocketAddress, text: String) throws {
        let listener = try OwnedDescriptor.listening(on: address)
        let source = try #require(SocketAddress(numeric: text, port: 0))
        let client = try OwnedDescriptor.connecting(to: listener.localAddress(), from: source)
        let local = try client.localAddress()
        #expect(local.host == source.host)
    }

    @Test("a port that is taken is refused with advice", arguments: loopbacks)
    func addressInUse(address: SocketAddress) throws {
        let listener = try OwnedDescriptor.listening(on: address)
        let taken = try listener.localAddress()
        let error = #expect(throws: SystemCallError.self) { _ = try OwnedDescriptor.listening(on: taken) }
        #expect(error?.errno == EADDRINUSE)
        #expect(
            "\(try #require(error))"
                == "bind: Address already in use (errno 98); another process listens there: choose another port, or 0 for a free one"
                || error?.call == .listen)
    }

    @Test("a port can be shared when both ask for it")
    func sharedPort() throws {
        var options = ListenOptions()
        options.sharesPort = true
        let first = try OwnedDescriptor.listening(on: .loopback(port: 0), options: options)
        let second = try OwnedDescriptor.listening(on: first.localAddress(), options: options)
        let addresses = try [first.localAddress(), second.localAddress()]
        #expect(addresses[0] == addresses[1])
    }

    @Test("an address of another machine cannot be bound")
    func foreignAddress() throws {
        let foreign = try #require(SocketAddress(numeric: "192.0.2.1", port: 0))
        let error = #expect(throws: SystemCallError.self) { _ = try OwnedDescriptor.listening(on: foreign) }
        #expect(error == SystemCallError(.bind, errno: EADDRNOTAVAIL))
        #expect("\(try #require(error))".hasSuffix("; the host is not an address of this machine"))
    }

    @Test("an IPv6 socket leaves IPv4 alone unless told otherwise", arguments: [true, false])
    func onlyIPv6(isOnly: Bool) throws {
        var options = ListenOptions()
        options.onlyIPv6 = isOnly
        let any = SocketAddress(host: .ipv6(0, 0, scope: 0), port: 0)
        // Somebody else's IPv4 listener may have the same number, hardly every time.
        var answers: Set<Int32> = []
        for _ in 0..<(isOnly ? 5 : 1) {
            let listener = try OwnedDescriptor.listening(on: any, options: options)
            answers.insert(refusal(of: .loopback(port: try listener.localAddress().port)))
        }
        #expect(answers.contains(isOnly ? ECONNREFUSED : 0))
    }

    @Test("a refused connect says ECONNREFUSED", arguments: loopbacks)
    func refused(address: SocketAddress) throws {
        // Bound but not listening: nobody else can take the port meanwhile.
        let number = socket(address.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let bound = OwnedDescriptor(owning: number)
        try #require(address.withSockaddr { bind(number, $0, $1) } == 0)
        let local = try bound.localAddress()
        #expect(refusal(of: local) == ECONNREFUSED)
    }

    private func refusal(of address: SocketAddress) -> Int32 {
        do throws(SystemCallError) {
            let client = try OwnedDescriptor.connecting(to: address)
            _ = wait(client, POLLOUT)
            return client.connectFailure()?.errno ?? 0
        } catch {
            return error.errno
        }
    }

    @Test("a reset on close is what the peer reads", arguments: loopbacks)
    func reset(address: SocketAddress) throws {
        let pair = try Pair(address)
        try pair.client.resetOnClose()
        let server = try endingClient(of: pair)
        let outcome = wait(server, POLLIN) ? readOnce(server) : .min
        #expect(outcome == -Int(ECONNRESET))
    }

    @Test("an ordinary close is an end of stream", arguments: loopbacks)
    func fin(address: SocketAddress) throws {
        let server = try endingClient(of: Pair(address))
        let outcome = wait(server, POLLIN) ? readOnce(server) : .min
        #expect(outcome == 0)
    }

    /// Closes the client and keeps the server.
    private func endingClient(of pair: consuming Pair) throws -> OwnedDescriptor {
        let copy = fcntl(pair.server.rawValue, F_DUPFD_CLOEXEC, 0)
        return OwnedDescriptor(owning: copy)
    }

    @Test("half-closed: the peer reads the end, and bytes still come back", arguments: loopbacks)
    func halfClose(address: SocketAddress) throws {
        let pair = try Pair(address)
        try pair.client.shutdownWriting()
        let outcome = wait(pair.server, POLLIN) ? readOnce(pair.server) : .min
        #expect(outcome == 0)
        #expect(send(pair.server.rawValue, "abc", 3, Int32(MSG_NOSIGNAL)) == 3)
        let answered = wait(pair.client, POLLIN) ? readOnce(pair.client) : .min
        #expect(answered == 3)
    }

    @Test("buffer sizes are taken, doubled by the kernel")
    func bufferSizes() throws {
        let pair = try Pair()
        try pair.client.setBufferSizes(receive: 8192, send: 16_384)
        for (name, expected) in [(SO_RCVBUF, 16_384), (SO_SNDBUF, 32_768)] as [(Int32, Int32)] {
            var value: Int32 = 0
            var length = socklen_t(4)
            #expect(getsockopt(pair.client.rawValue, SOL_SOCKET, name, &value, &length) == 0)
            #expect(value == expected)
        }
    }

    @Test(
        "an error says which call, which number, and what to do",
        arguments: [
            (
                SystemCallError(.accept4, errno: EMFILE),
                "accept4: Too many open files (errno 24); raise the limit of open files (ulimit -n) or use fewer connections"
            ),
            (
                SystemCallError(.bind, errno: EACCES),
                "bind: Permission denied (errno 13); ports below 1024 need privileges: choose a higher one"
            ),
            (SystemCallError(.recv, errno: EACCES), "recv: Permission denied (errno 13)"),
            (
                SystemCallError(.connect, errno: EADDRNOTAVAIL),
                "connect: Cannot assign requested address (errno 99); no free local port is left: use fewer connections"
            ),
            (SystemCallError(.epollCreate, errno: EINVAL), "epoll_create1: Invalid argument (errno 22)"),
        ])
    func errorText(error: SystemCallError, text: String) {
        #expect("\(error)" == text)
    }

    @Test("what fails to bind or to connect leaves no descriptor")
    func failuresLeakNothing() async {
        await #expect(processExitsWith: .success) {
            let listener = try OwnedDescriptor.listening(on: .loopback(port: 0))
            let taken = try listener.localAddress()
            let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            try #require(SocketAddress.loopback(port: 0).withSockaddr { bind(number, $0, $1) } == 0)
            // It stays bound, so that nobody else listens there meanwhile.
            let bound = OwnedDescriptor(owning: number)
            let silent = try bound.localAddress()
            let before = try OwnProcess.sockets()
            var refused = 0
            for _ in 0..<100 {
                #expect(throws: SystemCallError.self) { _ = try OwnedDescriptor.listening(on: taken) }
                do {
                    let client = try OwnedDescriptor.connecting(to: silent)
                    _ = wait(client, POLLOUT)
                    if client.connectFailure() != nil { refused += 1 }
                } catch is SystemCallError {
                    refused += 1
                }
                #expect(throws: SystemCallError.self) {
                    _ = try OwnedDescriptor.connecting(to: taken, from: .loopbackIPv6(port: 0))
                }
            }
            #expect(refused == 100)
            #expect(try OwnProcess.sockets() == before)
            try bound.close()
        }
    }
}
