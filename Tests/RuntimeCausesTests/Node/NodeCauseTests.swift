import Foundation
import HeapProbes
import ProcessResources
import TestSupport
import Testing

@testable import Causes
@testable import HeapProbes
@testable import RuntimeCauses

/// A server of Node.js that leaks as often as its requests ask for.
private final class LeakyServer {
    private static let text = """
        'use strict';
        const { EventEmitter } = require('events');
        class Session {
          constructor(id) { this.id = id; this.user = { name: 'u' + id }; this.log = []; }
        }
        const sessions = new Map();
        const bus = new EventEmitter();
        bus.setMaxListeners(0);
        const users = {};
        const fs = require('fs');
        const files = [];
        let next = 0;
        const leaks = {
          map() { sessions.set(next, new Session(next++)); },
          interval() { setInterval(function heartbeat() { next += 0; }, 30000).unref(); },
          listener() {
            const socket = { number: next++ };
            bus.on('news', function onNews() { return socket; });
          },
          object() { users['user' + next++] = { seen: [] }; },
          file() { files.push(fs.openSync('/dev/null')); },
          stream() { files.push(fs.createReadStream('/dev/zero', { end: 0, autoClose: false })); },
          none() { const session = new Session(next++); bus.once('news', () => session).removeAllListeners('news'); },
        };
        require('http').createServer((request, response) => {
          const [, what, count] = request.url.split('/');
          for (let done = 0; done < Number(count); done++) leaks[what]();
          response.end();
        }).listen(0, '127.0.0.1');
        """

    let file = FileManager.default.temporaryDirectory.appending(path: "watertight-leaky-\(UUID()).js")
    let process: StartedProcess
    let reader: ProcessReader
    let port: UInt16

    init() async throws {
        try Data(Self.text.utf8).write(to: file)
        process = try StartedProcess(
            ["node", file.path(percentEncoded: false)], environment: HeapSpecification.node.environment)
        reader = try await process.reader { try !$0.heldListeners().isEmpty }
        port = try #require(try reader.heldListeners().first).local.port
    }

    deinit { try? FileManager.default.removeItem(at: file) }

    func leak(_ what: String, _ count: Int) async throws {
        _ = try await HTTPFetch.body(at: HTTPLocation("http://127.0.0.1:\(port)/\(what)/\(count)"))
    }

    /// The causes of what `count` leaks in each of two intervals leave, of 500 connections each.
    func causes(_ kinds: [String], count: Int = 500) async throws -> [Cause] {
        let probe = try await NodeCauseProbe([reader], servingPort: port, isOwn: true)
        for kind in kinds { try await leak(kind, 1000) }
        var snapshots = [try await snapshot(probe)]
        for _ in 0..<2 {
            for kind in kinds { try await leak(kind, count) }
            snapshots.append(try await snapshot(probe))
        }
        let causes = await probe.refined(CauseSearch(snapshots, connections: [500, 500]).causes())
        await probe.close()
        return causes
    }

    /// What the probe says, and the descriptors of the process.
    private func snapshot(_ probe: NodeCauseProbe) async throws -> CauseSnapshot {
        var snapshot = try await probe.snapshot()
        snapshot.counted.merge(DescriptorTallies.tallies(of: [reader], servingPort: port)) { $1 }
        return snapshot
    }
}

@Suite("Causes in Node.js", .serialized, .enabled(if: StartedProcess.has("node"), "node is not installed"))
struct NodeCauseTests {
    @Test("a map of sessions, an interval and a listener are named with their holders and lines")
    func leaks() async throws {
        let server = try await LeakyServer()
        let causes = try await server.causes(["map", "interval", "listener", "object"])
        let text = causes.map(Self.line)
        let name = server.file.lastPathComponent
        func has(_ beginning: String) -> Bool { text.contains { $0.hasPrefix(beginning) } }
        #expect(has("1.00 Session at \(name):4 held by sessions: Map \(name):6"), "\(text)")
        #expect(has("1.00 Timeout heartbeat() at \(name):15 held by "), "\(text)")
        #expect(has("1.00 onNews() at \(name):18 held by bus: EventEmitter \(name):7 > ._events"), "\(text)")
        #expect(has("1.00 Object held by users: Object \(name):9"), "\(text)")
        #expect(causes.count == 4, "\(text)")
    }

    @Test(
        "a file that stays open is named with the line that opened it, also one of a stream, and nothing of ours grows")
    func files() async throws {
        let server = try await LeakyServer()
        for (kind, what, line) in [("file", "device /dev/null", 21), ("stream", "device /dev/zero", 22)] {
            let causes = try await server.causes([kind], count: 500)
            let file = try #require(causes.first { $0.kind == .descriptor }, "\(causes.map(Self.line))")
            #expect(file.what == what && file.location?.line == line, "\(file)")
            let held = causes.filter { $0.kind == .heldObject }.map(Self.line)
            #expect(held.allSatisfy { $0.contains("files") }, "\(held)")
        }
    }

    @Test("every tenth connection")
    func tenth() async throws {
        let causes = try await LeakyServer().causes(["map"], count: 50)
        #expect(
            causes.map(\.what) == ["Session"] && causes.first?.countPerConnection == 0.1, "\(causes.map(Self.line))")
    }

    @Test("a server that keeps nothing has no causes")
    func healthy() async throws {
        let causes = try await LeakyServer().causes(["none"])
        #expect(causes.isEmpty, "\(causes.map(Self.line))")
    }

    private static func line(_ cause: Cause) -> String {
        let holders = cause.holders.map { step in "\(step)" + (step.location.map { " \($0)" } ?? "") }
        let place = cause.site.first?.location.map { " at \($0)" } ?? ""
        return String(format: "%.2f ", cause.countPerConnection) + cause.what + place + " held by "
            + holders.joined(separator: " > ") + String(format: ", %.0f B", cause.bytesPerConnection ?? 0)
    }
}
