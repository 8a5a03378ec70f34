import Causes
import Remedies

extension Explanation {
    /// The same with its problems in the words of the command line.
    var worded: Explanation {
        var explanation = self
        explanation.note = note.map { Problem($0.words) }
        explanation.failure?.reason = Problem(failure?.reason.words ?? "")
        return explanation
    }
}
