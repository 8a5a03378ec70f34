import ArgumentParser
import ProcessResources
import WebSocketProtocol

/// A server's port on the command line, alone or as part of a `ws://` URL of this machine.
struct ListenerArgument: ExpressibleByArgument {
    var port: UInt16

    init?(argument: String) {
        if let port = UInt16(argument), port > 0 {
            self.port = port
        } else if let url = try? WebSocketURL(argument), ["localhost", "127.0.0.1", "::1", "[::1]"].contains(url.host) {
            port = url.port
        } else {
            return nil
        }
    }
}

/// A server's URL on the command line, as short as people write it.
enum TargetURL {
    /// `8080` and `8080/chat` are of this machine, `host:8080/chat` is a `ws://` URL; what has a scheme stays as it is.
    static func completed(_ text: String) -> String {
        guard !text.contains("://") else { return text }
        let authority = text.prefix { $0 != "/" && $0 != "?" }
        if UInt16(authority).map({ $0 > 0 }) == true { return "ws://127.0.0.1:\(text)" }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, UInt16(parts[1]) != nil || parts[1] == "{port}" else { return text }
        return "ws://\(text)"
    }
}

/// A control group on the command line, found when it is named.
struct ControlGroupArgument: Sendable {
    /// What was given.
    var name: String
    /// The group.
    var group: ControlGroup

    static let help = ArgumentHelp(
        "Read all processes of a control group: its path below /sys/fs/cgroup or in /proc/PID/cgroup, or a container's id.",
        valueName: "path|id")

    /// Finds the group; throws `ValidationError`.
    static func named(_ name: String) throws -> ControlGroupArgument {
        do {
            return ControlGroupArgument(name: name, group: try ControlGroup(name))
        } catch {
            throw ValidationError("--cgroup: \(error)")
        }
    }
}
