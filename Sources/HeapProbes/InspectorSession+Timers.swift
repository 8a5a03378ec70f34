import Remedies

extension InspectorSession {
    /// What all timers of Node are made from; 0 for a runtime whose timers are others. What is looked at on the way is cleared.
    private static let prototype = """
        (() => {
            const timer = setTimeout(() => {}, 1)
            clearTimeout(timer)
            return typeof timer === 'object' && '_idleStart' in timer ? Object.getPrototypeOf(timer) : 0
        })()
        """
    /// In how many seconds the timers are due that fire once, and how many. A timer counts from when its loop last looked at the
    /// clock, as one that is set now does.
    private static let dues = """
        function () {
            const probe = setTimeout(() => {}, 1)
            const now = probe._idleStart
            clearTimeout(probe)
            const dues = new Map()
            for (const timer of this) {
                if (timer._destroyed || timer._repeat || !(timer._idleTimeout >= 0)) continue
                const due = Math.max(0, Math.ceil((timer._idleStart + timer._idleTimeout - now) / 1000))
                dues.set(due, (dues.get(due) || 0) + 1)
            }
            return [...dues].map(each => each.join(' ')).join('\\n')
        }
        """
    private static let group = "watertight.timers"

    /// The timers that are set.
    func pendingTimers() async throws(HeapProbeFailure) -> PendingTimers {
        let made = try await ask(
            "Runtime.evaluate", InspectorParameters(expression: Self.prototype, objectGroup: Self.group))
        guard let prototype = made.result?.objectId else {
            throw HeapProbeFailure("process \(pid) does not say which timers it has set")
        }
        let found = try await ask(
            "Runtime.queryObjects", InspectorParameters(objectGroup: Self.group, prototypeObjectId: prototype))
        let answer = try await ask(
            "Runtime.callFunctionOn",
            InspectorParameters(
                returnByValue: true, objectId: found.objects?.objectId, functionDeclaration: Self.dues))
        try await ask("Runtime.releaseObjectGroup", InspectorParameters(objectGroup: Self.group))
        guard let text = answer.result?.text, let timers = PendingTimers(text) else {
            throw HeapProbeFailure("process \(pid) does not say which timers it has set")
        }
        return timers
    }
}
