/// A pod that was read, and the lives that it had.
package struct FleetPod: Sendable {
    /// Its name: the label `pod` or `instance`, otherwise all labels.
    package var name: String
    /// The value of the label that groups; nil for one group.
    package var group: String?
    /// Whether others are compared with it.
    package var isBaseline: Bool
    /// Its lives in the order of time.
    package var lives: [Life]

    /// One process of the pod, as far as it was read.
    package struct Life: Sendable {
        /// From the first reading to the last, in seconds since the epoch.
        package var time: ClosedRange<Double>
        /// Connections that it accepted meanwhile.
        package var connections: Double

        /// A life.
        package init(time: ClosedRange<Double>, connections: Double) {
            self.time = time
            self.connections = connections
        }
    }

    /// A pod.
    package init(name: String, group: String? = nil, isBaseline: Bool = false, lives: [Life]) {
        self.name = name
        self.group = group
        self.isBaseline = isBaseline
        self.lives = lives
    }

    /// Connections that all its lives accepted.
    package var connections: Double { lives.reduce(0) { $0 + $1.connections } }
}
