import LeakCheck
import LeakReports

extension ReportFiles<CheckResult> {
    /// Writes every report of a check; where it is `announcing`, a CI system is told as well.
    func write(_ result: CheckResult, announcing: Bool) throws {
        let announcement = Announcement(
            annotations: { GitHubAnnotations.render(result, workspace: $0) },
            summary: { MarkdownReport.render(result) })
        let columns = StandardOutput.isTerminal ? StandardOutput.size.columns : nil
        try write(
            result,
            text: { TextReport(result, usesColour: StandardOutput.wantsColour, columns: columns).render() },
            announcement: announcing ? announcement : nil)
    }
}
