import ArgumentParser
import Glibc
import LeakReports

/// The command-line tool: arguments, exit codes and signals around the modules that do the work.
struct Watertight: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watertight",
        abstract: "Find the way of ending a WebSocket connection that makes your server leak.",
        discussion: """
            watertight check drives a real server through every way a connection can live and end, watches the \
            server's process, and says for each whether it leaks, and how much per connection.

            With no arguments it checks its own server, which takes about twenty seconds and shows what a report looks like:

              watertight check
            """,
        version: ToolVersion.current,
        subcommands: [
            CheckCommand.self, SearchCommand.self, WatchCommand.self, FleetCommand.self, LifecyclesCommand.self,
            DriveCommand.self, ReportCommand.self, ExplainCommand.self, CompareCommand.self, AnalyzeCommand.self,
            InitCommand.self,
            ServeCommand.self, ConnectCommand.self, ScenarioCommand.self, EnvironmentCommand.self,
        ],
        defaultSubcommand: nil)
}
