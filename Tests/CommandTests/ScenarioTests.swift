import Foundation
import TestSupport
import Testing

@Suite("watertight scenario and watertight environment", .serialized)
struct ScenarioCommandTests {
    private func object(_ end: Tool.Finished) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(end.output.utf8)) as? [String: Any], "\(end.errors)")
    }

    @Test("without a name the scenarios are listed")
    func list() async throws {
        let end = try await Tool.run(["scenario"])
        #expect(end.code == 0)
        #expect(end.output.split(separator: "\n").count == 12)
        #expect(end.output.contains("rapid-cycles "))
    }

    @Test("a scenario that passes says so, in text and as an object", .timed)
    func passes() async throws {
        let text = try await Tool.run(["scenario", "limit"])
        #expect(text.code == 0, "\(text.output)")
        #expect(text.output.contains("  passed: "))
        #expect(text.output.contains("Retry-After: 1\n") && !text.output.contains("Optional"))
        let end = try await Tool.run(["scenario", "limit", "browser-tabs", "--format", "json", "--environment", "ci"])
        let report = try object(end)
        #expect(end.code == 0)
        #expect(report["schema"] as? String == "watertight.scenario/1")
        #expect(report["passed"] as? Bool == true)
        let scenarios = try #require(report["scenarios"] as? [[String: Any]])
        #expect(scenarios.map { $0["scenario"] as? String } == ["limit", "browser-tabs"])
        #expect(scenarios.allSatisfy { $0["environment"] as? String == "ci" && $0["passed"] as? Bool == true })
        let tracking = try #require(scenarios[0]["tracking"] as? [String: Any])
        #expect((tracking["snapshots"] as? [Any])?.isEmpty == false)
        #expect((tracking["timings"] as? [[String: Any]])?.first?["operation"] as? String == "cleanup")
    }

    @Test("a limit that cannot be kept fails the scenario")
    func fails() async throws {
        let end = try await Tool.run(
            ["scenario", "rapid-cycles", "--set", "longestCycle=0.001ms", "--set", "stressCycles=5"])
        #expect(end.code == 1)
        #expect(end.output.contains("FAILS  longest cycle within"))
        #expect(end.output.contains("  FAILED: 1 of "))
        #expect(end.errors.contains("limitExceeded: cycle took"))
    }

    @Test("a scenario that is interrupted still tells what it has found")
    func interrupted() async throws {
        let running = try Running([
            "scenario", "rapid-cycles", "--format", "json", "--set", "stressCycles=100000", "--set", "stressLimit=60s",
        ])
        // It says nothing before its end: wait until its server and its clients have their threads.
        let folder = "/proc/\(running.pid)/task"
        _ = try await eventually("the threads of a scenario") {
            let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.map { thread in
                (try? String(contentsOfFile: "\(folder)/\(thread)/comm", encoding: .utf8)) ?? ""
            }
            return threads?.contains("shared loop\n") == true ? true : nil
        }
        running.signal(SIGINT)
        let end = try await running.finish(within: 600)
        #expect(end.code == 130)
        let report = try object(end)
        #expect(report["passed"] as? Bool == false)
    }

    @Test(
        "what is not there is an error that says what is",
        arguments: [
            (["scenario", "rapid"], "there is no scenario \"rapid\"; choose from limit, "),
            (["scenario", "limit", "--set", "speed=1"], "there is no setting \"speed\""),
            (["environment", "--set", "cleanupLimit"], "cleanupLimit"),
            (["environment", "--environment", "qa"], "qa"),
            (["environment", "--config", "/nowhere.json"], "/nowhere.json: No such file or directory"),
            (["serve", "--set", "staleLimit=never"], "staleLimit cannot be \"never\""),
            (["check", "--set", "staleLimit=never"], "staleLimit cannot be \"never\""),
        ])
    func usage(arguments: [String], problem: String) async throws {
        let end = try await Tool.run(arguments)
        #expect(end.code == 64)
        #expect(end.errors.contains(problem), "\(end.errors)")
    }

    @Test("the environment is printed with why it is this one, and each value with its origin")
    func environment() async throws {
        let text = try await Tool.run(["environment", "--environment", "staging", "--set", "stressCycles=7"])
        #expect(text.code == 0)
        #expect(text.output.hasPrefix("environment staging: chosen by argument\n"))
        let lines = text.output.split(separator: "\n")
        #expect(
            lines.contains {
                $0.hasPrefix("cleanupLimit ") && $0.contains("750ms") && $0.contains("default of staging")
            })
        #expect(lines.contains { $0.hasPrefix("stressCycles ") && $0.contains(" 7 ") && $0.contains("argument") })
        let end = try await Tool.run(["environment", "--environment", "prod", "--format", "json"])
        let report = try object(end)
        #expect(report["environment"] as? String == "production")
        let values = try #require(report["values"] as? [String: [String: Any]])
        #expect(values["memoryGrowthThreshold"]?["value"] as? String == "75MB")
        #expect(values["batchCleanupLimit"]?["origin"] as? String == "5 x cleanupLimit")
    }
}
