// A server on NIOWebSocket, one event loop, that echoes or sends every message to all: `nio-peer echo|broadcast PORT`.
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// Echoes, or with a room sends to all of it; confined to the one event loop, as the room is.
final class Peer: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let room: Room?

    init(_ room: Room?) {
        self.room = room
    }

    func handlerAdded(context: ChannelHandlerContext) { room?.members[ObjectIdentifier(context.channel)] = context }

    func handlerRemoved(context: ChannelHandlerContext) { room?.members[ObjectIdentifier(context.channel)] = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text, .binary, .continuation:
            let answer = WebSocketFrame(fin: frame.fin, opcode: frame.opcode, data: frame.unmaskedData)
            guard let room else { return context.write(wrapOutboundOut(answer), promise: nil) }
            for member in room.members.values { member.writeAndFlush(wrapOutboundOut(answer), promise: nil) }
        case .ping:
            context.write(
                wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)), promise: nil)
        case .connectionClose:
            let answer = WebSocketFrame(fin: true, opcode: .connectionClose, data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(answer)).whenComplete { _ in context.close(promise: nil) }
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// All connections.
final class Room: @unchecked Sendable {
    var members: [ObjectIdentifier: ChannelHandlerContext] = [:]
}

guard CommandLine.arguments.count == 3, let port = Int(CommandLine.arguments[2]) else {
    fatalError("usage: nio-peer echo|broadcast PORT")
}
let room = CommandLine.arguments[1] == "broadcast" ? Room() : nil
let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
let channel = try await ServerBootstrap(group: group)
    .serverChannelOption(.backlog, value: 1024)
    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
    .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
    .childChannelInitializer { channel in
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: 1 << 24,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Peer(room))
                }
            })
        return channel.pipeline.configureHTTPServerPipeline(
            withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in }))
    }
    .bind(host: "127.0.0.1", port: port).get()
print("nio-peer listening on port \(channel.localAddress?.port ?? 0)")
try await channel.closeFuture.get()
