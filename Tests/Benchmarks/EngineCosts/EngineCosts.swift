import ArgumentParser
import Glibc

/// The load side and the sampler on their own, so that each can be measured beside C.
@main
struct EngineCosts: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine-costs", abstract: "Drive connections, or sample a process, and say what it cost, in JSON.",
        subcommands: [DriveCommand.self, SampleCommand.self])
}

/// Processor time of this process, in seconds.
func processorSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}
