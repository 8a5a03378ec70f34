import Foundation
import HeapProbes
import ProcessResources
import TestSupport
import Testing

@testable import Causes
@testable import HeapProbes
@testable import RuntimeCauses

/// A Java server that leaks as often as its requests ask for.
private final class LeakyServer {
    private static let text = """
        import com.sun.net.httpserver.HttpServer;
        import java.net.InetSocketAddress;
        import java.nio.ByteBuffer;
        import java.util.*;
        import java.util.concurrent.*;

        class Leaky {
          static final Map<String, Session> SESSIONS = new ConcurrentHashMap<>();
          static final List<Runnable> LISTENERS = new ArrayList<>();
          static final Queue<ByteBuffer> BUFFERS = new ConcurrentLinkedQueue<>();
          static int next;

          static class Session {
            final byte[] log = new byte[300];
          }

          static void leak(String what) {
            next += 1;
            Session session = new Session();
            switch (what) {
              case "map": SESSIONS.put("session " + next, session); break;
              case "listener": LISTENERS.add(() -> session.log[0] = 1); break;
              case "buffer": BUFFERS.add(ByteBuffer.allocateDirect(5000)); break;
              case "thread":
                Thread thread = new Thread(Leaky::pump, "session-pump-" + next);
                thread.setDaemon(true);
                thread.start();
            }
          }

          static void pump() {
            try { Thread.sleep(3600_000); } catch (InterruptedException end) { }
          }

          public static void main(String[] words) throws Exception {
            HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 100);
            server.createContext("/", exchange -> {
              String[] parts = exchange.getRequestURI().getPath().split("/");
              for (int done = 0; done < Integer.parseInt(parts[2]); done++) leak(parts[1]);
              exchange.sendResponseHeaders(200, 2);
              exchange.getResponseBody().write("ok".getBytes());
              exchange.close();
            });
            server.start();
          }
        }
        """

    /// The line at which a leaked thread waits.
    static var sleepLine: Int? {
        text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains("Thread.sleep") }.map {
            $0 + 1
        }
    }

    let file = FileManager.default.temporaryDirectory.appending(path: "WatertightLeaky\(UUID()).java")
    let process: StartedProcess
    let reader: ProcessReader
    let port: UInt16

    init() async throws {
        try Data(Self.text.utf8).write(to: file)
        process = try StartedProcess(["java", "-Xmx128m", file.path(percentEncoded: false)])
        reader = try await process.reader { try !$0.heldListeners().isEmpty }
        port = try #require(try reader.heldListeners().first).local.port
    }

    deinit { try? FileManager.default.removeItem(at: file) }

    /// The causes of what `count` leaks in each of two intervals leave, of 100 connections each.
    func causes(_ kinds: [String], count: Int = 100) async throws -> [Cause] {
        let probe = try JVMCauseProbe([reader])
        var snapshots: [CauseSnapshot] = []
        for amount in [200, count, count] {
            for kind in kinds {
                _ = try await HTTPFetch.body(at: HTTPLocation("http://127.0.0.1:\(port)/\(kind)/\(amount)"))
            }
            snapshots.append(try await probe.snapshot())
        }
        return CauseSearch(snapshots, connections: [100, 100]).causes()
    }
}

@Suite("Causes in the JVM", .serialized, .enabled(if: StartedProcess.has("jcmd"), "no JDK is installed"))
struct JVMCauseTests {
    @Test("a map, a listener, a buffer outside of the heap and a thread are named with their holders and lines")
    func leaks() async throws {
        let causes = try await LeakyServer().causes(["map", "listener", "buffer", "thread"])
        let text = causes.map(Self.line)
        func has(_ beginning: String) -> Bool { text.contains { $0.hasPrefix(beginning) } }
        #expect(has("1.00 Session held by Leaky.SESSIONS: ConcurrentHashMap"), "\(text)")
        #expect(has("1.00 Leaky$$Lambda held by Leaky.LISTENERS: ArrayList"), "\(text)")
        #expect(has("1.00 DirectByteBuffer held by Leaky.BUFFERS: ConcurrentLinkedQueue"), "\(text)")
        let thread = try #require(causes.first { $0.what == "thread session-pump-#" }, "\(text)")
        #expect(thread.location?.line == LeakyServer.sleepLine, "\(thread.site)")
        let buffer = try #require(causes.first { $0.what == "DirectByteBuffer" })
        #expect((5000...5500).contains(buffer.bytesPerConnection ?? 0), "\(text)")
    }

    @Test("a server that keeps nothing has no causes, and no dump is left behind")
    func healthy() async throws {
        let causes = try await LeakyServer().causes(["none"])
        #expect(causes.isEmpty, "\(causes.map(Self.line))")
        let left = try FileManager.default.contentsOfDirectory(atPath: "/tmp").filter { $0.hasSuffix(".hprof") }
        #expect(!left.contains { $0.hasPrefix("watertight-") })
    }

    private static func line(_ cause: Cause) -> String {
        String(format: "%.2f ", cause.countPerConnection) + cause.what + " held by "
            + cause.holders.map(\.description).joined(separator: " > ")
            + String(format: ", %.0f B", cause.bytesPerConnection ?? 0)
    }
}
