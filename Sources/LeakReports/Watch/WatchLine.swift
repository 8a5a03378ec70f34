public import LeakCheck
import LeakStatistics

/// One sample of a watch as a line for a file or a pipe: `name=value`, always in the same order.
public struct WatchLine {
    /// The line, ended by a newline; omits kinds of descriptors and states of sockets without any.
    public static func render(_ progress: Watch.Progress) -> String {
        // If the states of sockets were not read this time, the last ones are shown.
        let fields = progress.state.tracks.compactMap { track in
            track.now != 0 || track.gauge.judged != nil ? "\(track.gauge.name)=\(number(track.now))" : nil
        }
        let hundredths = Int(near: (progress.sample.seconds * 100).rounded())
        let fraction = hundredths % 100
        let seconds = "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
        return "seconds=\(seconds) processes=\(progress.processes) " + fields.joined(separator: " ") + "\n"
    }

    private static func number(_ level: Double) -> String {
        level == level.rounded() ? "\(Int(near: level))" : "\(level)"
    }
}
