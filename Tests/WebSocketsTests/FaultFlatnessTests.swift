import Sockets
import TestSupport
import Testing
import WebSocketProtocol

@testable import WebSockets

extension OverTCP {
    /// In a process of its own: everything there is counted.
    @Suite("Nothing is left of a faulty connection", .serialized)
    struct FaultFlatnessTests {
        /// Many connections whose network fails, on the side that the plan is given to.
        static func growth(
            server serverPlan: FaultPlan?, client clientPlan: FaultPlan?, _ messages: Int = 4
        ) async throws -> FlatnessTests.Growth {
            var configuration = ServerConfiguration()
            configuration.faults = serverPlan
            configuration.limits.closeLimit = .milliseconds(20)
            configuration.limits.idleLimit = .milliseconds(60)
            configuration.limits.pingInterval = nil
            let server = try await WebSocketServer.start(configuration) { _ in EchoHandler() }
            let loop = try EventLoop()
            var clientConfiguration = ClientConfiguration()
            clientConfiguration.faults = clientPlan
            clientConfiguration.limits = configuration.limits
            let growth = try await FlatnessTests.Growth.measured(enough: 8000) {
                for _ in 0..<10 {
                    await withTaskGroup { group in
                        for id in 0..<40 {
                            group.addTask { [clientConfiguration] in
                                guard
                                    let connection = try? await ConnectionUnderTest.connect(
                                        to: server.url, id: id, configuration: clientConfiguration, on: loop)
                                else { return }
                                for index in 0..<messages {
                                    guard (try? await connection.send("\(index)")) != nil else { break }
                                }
                                _ = await connection.closed()
                            }
                        }
                    }
                }
                try await FlatnessTests.settle(server, loop)
            }
            await server.shutdown()
            loop.stop()
            return growth
        }

        @Test(
            "whichever side fails, and however", arguments: FaultPlan.Failure.allCases.map(\.rawValue), [true, false])
        func failures(name: String, atServer: Bool) async {
            await #expect(processExitsWith: .success) { [name, atServer] in
                let failure = try #require(FaultPlan.Failure(rawValue: name))
                let plan = FaultPlan(delay: .milliseconds(1), failEvery: 3, failure: failure)
                let growth = try await OverTCP.FaultFlatnessTests.growth(
                    server: atServer ? plan : nil, client: atServer ? nil : plan)
                #expect(growth.isFlat(8000), "\(growth)")
            }
        }

        @Test("connections that end while bytes wait for their delay")
        func delayedBytes() async {
            await #expect(processExitsWith: .success) {
                var configuration = ServerConfiguration()
                configuration.faults = FaultPlan(delay: .milliseconds(5))
                let server = try await WebSocketServer.start(configuration) { _ in EchoHandler() }
                let loop = try EventLoop()
                var faulty = ClientConfiguration()
                faulty.faults = configuration.faults
                let growth = try await OverTCP.FlatnessTests.Growth.measured(enough: 8000) {
                    for _ in 0..<10 {
                        await withTaskGroup { group in
                            for index in 0..<40 {
                                group.addTask { [faulty] in
                                    let plan = index % 2 == 0 ? faulty : ClientConfiguration()
                                    guard
                                        let client = try? await WebSocketClient.connect(to: server.url, plan, on: loop)
                                    else { return }
                                    // The message waits here, or its echo there.
                                    try? await client.send("x")
                                    if index % 4 < 2 { await client.closeNow() }
                                }
                            }
                        }
                    }
                    try await OverTCP.FlatnessTests.settle(server, loop)
                }
                #expect(growth.isFlat(8000), "\(growth)")
                await server.shutdown()
                loop.stop()
            }
        }

        @Test("servers and loops that end while bytes wait for their delay")
        func shutdowns() async {
            await #expect(processExitsWith: .success) {
                let growth = try await OverTCP.FlatnessTests.Growth.measured(enough: 8000) {
                    for index in 0..<40 {
                        var configuration = ServerConfiguration()
                        configuration.faults = FaultPlan(delay: .seconds(3600))
                        let server = try await WebSocketServer.start(configuration) { _ in EchoHandler() }
                        let loop = try EventLoop()
                        var faulty = ClientConfiguration()
                        if index % 2 == 0 { faulty.faults = configuration.faults }
                        let connecting = Task { [faulty] in
                            try await WebSocketClient.connect(to: server.url, faulty, on: loop)
                        }
                        _ = await eventually { await server.connectionCount == 1 }
                        if index % 4 < 2 {
                            await server.shutdownNow()
                            _ = try? await connecting.value
                            loop.stop()
                        } else {
                            loop.stop()
                            _ = try? await connecting.value
                            await server.shutdownNow()
                        }
                    }
                }
                #expect(growth.isFlat(8000), "\(growth)")
            }
        }
    }
}
