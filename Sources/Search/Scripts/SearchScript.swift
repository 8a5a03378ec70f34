package import Lifecycles

/// A lifecycle that the search made up or was given: its steps, and how many peers play it at a time.
package struct SearchScript: Hashable, Sendable {
    /// What the peer does; the last step leaves.
    package var steps: [Lifecycle.Step]
    /// Connections at a time.
    package var concurrency: Int

    /// Connections at a time where nothing says otherwise.
    package static let defaultConcurrency = 8

    /// A script of `steps`, which need not be allowed.
    package init(_ steps: [Lifecycle.Step], concurrency: Int = defaultConcurrency) {
        self.steps = steps
        self.concurrency = concurrency
    }

    /// The lifecycle that it is, called `name`; nil where no script may have these steps.
    package func lifecycle(named name: String) -> Lifecycle? { try? Lifecycle(name: name, steps: steps) }

    /// Whether a script may have these steps.
    package var isAllowed: Bool { lifecycle(named: "candidate") != nil }

    /// The script, a line each step.
    package var text: String { Lifecycle.script(of: steps) }

    /// How many lines the script has.
    package var lineCount: Int { text.utf8.count { $0 == UInt8(ascii: "\n") } }
}

extension SearchScript {
    /// How far its opening handshake gets, and how it ends: this decides more than anything else what a target does.
    private struct Course: Hashable {
        var isUpgraded: Bool
        var requests: Bool
        var fault: Lifecycle.Step?
        var leaving: Lifecycle.Step?
        var closes: Bool
        var awaitsClose: Bool
    }

    private var course: Course {
        Course(
            isUpgraded: steps.contains(.awaitUpgrade), requests: steps.contains(where: \.isRequest),
            fault: steps.first(where: \.isRequestOfItsOwn),
            leaving: steps.last, closes: steps.contains(where: \.isClose), awaitsClose: steps.contains(.awaitClose))
    }

    /// Whether it does all that `other` does, in the same order, gets as far and ends as it does: then it will leave what that
    /// leaves.
    package func includes(_ other: SearchScript) -> Bool {
        guard course == other.course else { return false }
        var rest = other.steps[...]
        for step in steps where rest.first.map({ step.isLike($0) }) == true { rest = rest.dropFirst() }
        return rest.isEmpty
    }
}

extension Lifecycle.Step {
    /// Whether it is a request that is not whole, or not valid.
    fileprivate var isRequestOfItsOwn: Bool {
        switch self {
        case .sendFaultyRequest, .sendHalfRequest, .trickleRequest: true
        default: false
        }
    }

    /// Whether it is of the same kind, whatever it carries.
    fileprivate func isLike(_ other: Lifecycle.Step) -> Bool {
        switch (self, other) {
        case (.sendMessages, .sendMessages), (.send, .send), (.sendBinary, .sendBinary), (.sendPings, .sendPings),
            (.sendOctets, .sendOctets), (.holdFor, .holdFor), (.sendCloseWith, .sendCloseWith),
            (.sendRequestFor, .sendRequestFor), (.sendRequest, .sendRequestFor), (.sendRequestFor, .sendRequest):
            true
        default: self == other
        }
    }
}
