import Sockets
import SystemCalls
public import WebSocketProtocol

/// Sends every message to all of its connections, the sender's included, on all loops.
///
/// A connection whose peer reads too slowly to take a message is closed with 1013: a silent gap would be worse.
public final class BroadcastHandler: ConnectionHandler {
    private let rooms = Locked([ObjectIdentifier: Room]())

    /// A broadcast for any number of connections.
    public init() {}

    /// The connections of one loop, confined to it.
    private final class Room: @unchecked Sendable {
        let loop: EventLoop
        var members: [Connection] = []
        var places: [ObjectIdentifier: Int] = [:]

        init(_ loop: EventLoop) {
            self.loop = loop
        }

        func add(_ connection: Connection) {
            places[ObjectIdentifier(connection)] = members.count
            members.append(connection)
        }

        func remove(_ connection: Connection) {
            guard let place = places.removeValue(forKey: ObjectIdentifier(connection)) else { return }
            let last = members.removeLast()
            guard last !== connection else { return }
            members[place] = last
            places[ObjectIdentifier(last)] = place
        }

        func send(_ message: FramedMessage) {
            // Members that cannot be sent to leave meanwhile.
            for connection in members where connection.send(message) == .bufferFull {
                connection.close(.tryAgainLater, reason: "messages are not read")
            }
        }
    }

    /// Begins to send to the connection.
    public func opened(_ connection: Connection) {
        let room = rooms.withLock { rooms -> Room in
            let key = ObjectIdentifier(connection.loop)
            if let room = rooms[key] { return room }
            let room = Room(connection.loop)
            rooms[key] = room
            return room
        }
        room.add(connection)
    }

    /// Sends the message to all.
    public func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {
        let message = FramedMessage(kind, bytes)
        for room in rooms.withLock({ Array($0.values) }) { room.loop.execute { room.send(message) } }
    }

    /// Stops sending to the connection; releases a loop without connections.
    public func closed(_ connection: Connection, _ outcome: CloseOutcome) {
        rooms.withLock { rooms in
            let key = ObjectIdentifier(connection.loop)
            rooms[key]?.remove(connection)
            if rooms[key]?.members.isEmpty ?? false { rooms[key] = nil }
        }
    }
}
