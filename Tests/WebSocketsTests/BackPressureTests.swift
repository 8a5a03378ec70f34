import Foundation
import Glibc
import ProcessResources
import Sockets
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    @Suite("A peer that does not read")
    struct BackPressureTests {
        @Test(
            "an echo is held back by its replies and then delivers everything in order", arguments: [1 << 16, 1 << 20])
        func echo(sendBufferBytes: Int) async throws {
            let connections = Collected<Connection>()
            try await TestServer.with {
                $0.limits.sendBufferBytes = sendBufferBytes
            } handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { connections.append($0) }
                handler.onMessage = { connection, kind, bytes in
                    #expect(connection.send(kind, bytes) == .accepted)
                }
                return handler
            } _: { server in
                let peer = try await RawPeer.open(server.address)
                // Numbered messages until the server takes no more.
                var sent = 0
                var rest: ArraySlice<UInt8> = []
                var lastTaken = MonotonicTime.now
                #expect(await eventually { connections.count == 1 })
                let connection = try #require(connections.all.first)
                func isHeldBack() async -> Bool {
                    guard lastTaken.elapsed > .milliseconds(300) else { return false }
                    // That this task was kept waiting for so long says nothing yet.
                    return await connection.loop.run { connection.life.holds.contains(.backPressure) }
                        || lastTaken.elapsed > .seconds(30)
                }
                while sent < 40_000, await !isHeldBack() {
                    if rest.isEmpty {
                        rest = RawPeer.frame(0x82, Array("\(sent)".utf8) + [UInt8](repeating: 0, count: 4000))[...]
                        sent += 1
                    }
                    let count = peer.sendNow(rest)
                    rest = rest.dropFirst(count)
                    if count > 0 { lastTaken = .now } else { try await Task.sleep(for: .milliseconds(1)) }
                }
                #expect(sent < 40_000, "the server held nothing back")
                let held = await connection.loop.run {
                    (connection.bufferedBytes, connection.life.holds.contains(.backPressure))
                }
                #expect(held.1 && held.0 < sendBufferBytes, "\(held.0) bytes are held")
                // A held back server is idle, not spinning.
                #expect(await connection.loop.processorTime(over: .milliseconds(200)) < .milliseconds(50))
                var isSent = false
                for index in 0..<sent {
                    if !isSent {
                        try await peer.send(Array(rest), reading: true)
                        isSent = true
                    }
                    let frame = try await peer.frame()
                    let number = String(decoding: frame.payload.prefix { $0 != 0 }, as: UTF8.self)
                    guard number == "\(index)" else {
                        Issue.record("\(number) instead of \(index)")
                        return
                    }
                }
                let after = await connection.loop.run {
                    (connection.bufferedBytes, connection.life.holds.contains(.backPressure))
                }
                #expect(after.0 == 0 && !after.1)
            }
        }

        @Test("pushing to it is refused at the limit, and goes on when it reads")
        func push() async throws {
            let connections = Collected<Connection>()
            let writable = Collected<Int>()
            try await TestServer.with {
                $0.limits.sendBufferBytes = 1 << 17
            } handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { connections.append($0) }
                handler.onWritable = { writable.append($0.bufferedBytes) }
                return handler
            } _: { server in
                let peer = try await RawPeer.open(server.address)
                #expect(await eventually { connections.count == 1 })
                let connection = try #require(connections.all.first)
                let message = pattern(10_000)
                var accepted = 0
                var outcome = SendOutcome.accepted
                for _ in 0..<10_000 where outcome == .accepted {
                    outcome = await connection.loop.run { connection.send(.binary, message.span.bytes) }
                    if outcome == .accepted { accepted += 1 }
                }
                #expect(outcome == .bufferFull)
                #expect(await connection.loop.run { connection.bufferedBytes } < (1 << 17) + 10_010)
                for _ in 0..<accepted { #expect(try await peer.frame().payload.count == 10_000) }
                #expect(await eventually { writable.count > 0 })
                #expect(writable.all.allSatisfy { $0 <= 1 << 13 })
                #expect(await connection.loop.run { connection.send(.text, RawSpan()) } == .accepted)
            }
        }

        @Test("the push handler is bounded for a peer that never reads, which idleLimit ends")
        func pushHandler() async throws {
            try await TestServer.with {
                $0.limits.sendBufferBytes = 1 << 16
                $0.limits.idleLimit = .milliseconds(300)
                $0.limits.pingInterval = nil
                $0.limits.closeLimit = .milliseconds(50)
            } handler: { _ in
                PushHandler(messageBytes: 60_000, every: .milliseconds(1))
            } _: { server in
                let peer = try await RawPeer.open(server.address, receiveBuffer: 4096)
                // It shows that it lives, but takes nothing.
                let isOver = await eventually {
                    _ = peer.sendNow(RawPeer.frame(0x8A)[...])
                    return server.outcomes.count > 0
                }
                #expect(isOver)
                #expect(try await server.outcome().cause == .limit(.idle))
                peer.leave()
            }
        }

        @Test("when closeLimit has run out nothing stays with the kernel for a peer that has not read")
        func unread() async throws {
            try await TestServer.with {
                $0.limits.closeLimit = .milliseconds(100)
            } handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { connection in
                    // More than the peer has room for, less than the kernel takes from us.
                    _ = connection.send(.binary, pattern(60_000).span.bytes)
                    connection.close()
                }
                return handler
            } _: { server in
                let peer = try await RawPeer.open(server.address, receiveBuffer: 4096)
                #expect(try await server.outcome().cause == .limit(.close))
                #expect(await peer.readToEnd() == .reset)
            }
        }

        @Test(
            "nothing stays with the kernel for a peer that ends its stream or closes and does not read",
            arguments: [true, false])
        func unreadAfterTheEnd(sendsClose: Bool) async throws {
            try await TestServer.with {
                $0.limits.closeLimit = .milliseconds(200)
            } handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { _ = $0.send(.binary, pattern(60_000).span.bytes) }
                return handler
            } _: { server in
                let peer = try await RawPeer.open(server.address, receiveBuffer: 4096)
                if sendsClose { try await peer.send(RawPeer.close(1000)) } else { peer.shutdownWriting() }
                let cause = try await server.outcome().cause
                #expect(cause == (sendsClose ? .peerClosed : .endOfStream))
                // FIN_WAIT1 and LAST_ACK: closed by the server and not acknowledged by the peer.
                let port = String(server.address.port, radix: 16, uppercase: true)
                let isGone = try await eventually {
                    let table = try String(contentsOfFile: "/proc/self/net/tcp", encoding: .utf8)
                    return !table.split(separator: "\n").contains { line in
                        let words = line.split(separator: " ")
                        return words.count > 3 && words[1].hasSuffix(":\(port)") && ["04", "09"].contains(words[3])
                    }
                }
                #expect(isGone)
                peer.leave()
            }
        }

        @Test("a push to a peer that has reset before the first message is out")
        func pushToNobody() async throws {
            try await TestServer.with(configure: { $0.limits.sendBufferBytes = 2048 }) { _ in
                PushHandler(messageBytes: 100_000, every: .milliseconds(1))
            } _: { server in
                for _ in 0..<50 {
                    let peer = try RawPeer(to: server.address)
                    try await peer.send(RawPeer.request())
                    peer.reset()
                }
                #expect(await eventually { server.outcomes.count == 50 })
                // Its timers would have fired by the time that this one is served.
                let peer = try await RawPeer.open(server.address)
                #expect(try await peer.frame().payload.count == 100_000)
            }
        }

        @Test("Pings of a peer that does not read the Pongs are bounded")
        func pongs() async throws {
            let connections = Collected<Connection>()
            try await TestServer.with {
                $0.limits.sendBufferBytes = 1 << 16
            } handler: { _ in
                let handler = ClosureHandler()
                handler.onOpen = { connections.append($0) }
                return handler
            } _: { server in
                let peer = try await RawPeer.open(server.address, receiveBuffer: 4096)
                let pings = (0..<100).flatMap { _ in RawPeer.frame(0x89, pattern(125)) }
                var rest = pings[...]
                var lastTaken = MonotonicTime.now
                var total = 0
                while lastTaken.elapsed < .milliseconds(200) && total < 100 << 20 {
                    if rest.isEmpty { rest = pings[...] }
                    let count = peer.sendNow(rest)
                    rest = rest.dropFirst(count)
                    total += count
                    if count > 0 { lastTaken = .now } else { try await Task.sleep(for: .milliseconds(1)) }
                }
                #expect(total < 100 << 20)
                let connection = try #require(connections.all.first)
                #expect(await connection.loop.run { connection.bufferedBytes } < 1 << 16)
            }
        }

        @Test("two ends that both send much more than fits do not wait for each other for ever")
        func noDeadlock() async throws {
            try await TestServer.serving({ connection, _ in
                while let message = await connection.receive() {
                    while true {
                        do {
                            try connection.send(message)
                            break
                        } catch SendFailure.bufferFull {
                            try await connection.drained()
                        }
                    }
                }
            }) { server in
                let client = try await WebSocketClient.connect(to: server.server.url)
                let count = 60
                let message = pattern(500_000)
                let sender = Task {
                    for _ in 0..<count {
                        while true {
                            do {
                                try await client.send(message)
                                break
                            } catch SendFailure.bufferFull {
                                try await client.drained()
                            }
                        }
                    }
                }
                for _ in 0..<count { #expect(await client.receive()?.count == 500_000) }
                try await sender.value
                #expect(await client.close().isClean)
            }
        }
    }
}
