import ArgumentParser
import Environments
import LeakCheck
import LeakStatistics
import Lifecycles

/// What a connection may leave behind, on the command line: `fin:descriptors=0.5`, `privateMemory=200B`.
struct Allowance {
    /// As it was given.
    var text: String
    /// The lifecycle, or the family, for which it holds; nil for all.
    var lifecycle: String?
    var resource: Resource
    /// In the resource's unit.
    var perConnection: Double

    /// Reads it; throws `ValidationError`.
    init(_ text: String) throws {
        self.text = text
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, let amount = Self.amount(parts[1]) else {
            throw ValidationError(
                "--allow: \"\(text)\" is no allowance: write resource=amount or lifecycle:resource=amount, such as "
                    + "fin:descriptors=0.5 or privateMemory=200B")
        }
        perConnection = amount
        let names = parts[0].split(separator: ":", maxSplits: 1).map(String.init)
        guard let resource = names.last, names.count == (parts[0].contains(":") ? 2 : 1) else {
            throw ValidationError("--allow: \"\(text)\" names no resource: \(Self.known)")
        }
        self.resource = Resource(rawValue: resource)
        lifecycle = names.count == 2 ? names[0] : nil
        let resources = Self.resources.map(\.rawValue)
        // A gauge of the user's may have any name, and a slip of the finger is none of them.
        if !resources.contains(resource), let near = NearestWord.of(resource, in: resources) {
            throw ValidationError("--allow: there is no resource \"\(resource)\"; did you mean \"\(near)\"?")
        }
    }

    /// An amount, or a size such as `200B`, `200 B` or `1.5KB`.
    private static func amount(_ text: String) -> Double? {
        if let number = Double(text) { return number >= 0 && number.isFinite ? number : nil }
        return SizeText.parse(text.filter { $0 != " " }).map(Double.init)
    }

    private static let resources = Resource.ofEveryTarget + [.liveHeap, .blocks, .objects, .goroutines]
    private static var known: String { "there are " + resources.map(\.rawValue).joined(separator: ", ") }

    /// The entries that accept as much in a check of `lifecycles`; throws where it names none that there is.
    func entries(of lifecycles: [Lifecycle]) throws -> [KnownLeak] {
        var labels = lifecycles.map(\.label)
        if let lifecycle {
            let named = Lifecycle.named(lifecycle).map(\.label) + lifecycles.map(\.name).filter { $0 == lifecycle }
            let known = Lifecycle.all.map(\.name) + lifecycles.map(\.name)
            labels =
                lifecycle.hasSuffix("+deflate") && known.contains(String(lifecycle.dropLast(8))) ? [lifecycle] : named
            guard !labels.isEmpty else {
                throw ValidationError(
                    "--allow: there is no lifecycle \"\(lifecycle)\"\(NearestWord.question(lifecycle, in: known))")
            }
        }
        let plain = Set(labels.filter { !$0.hasSuffix("+deflate") })
        return Set(labels).union(plain.map { $0 + "+deflate" }).sorted().map {
            KnownLeak.allowance(of: perConnection, resource, lifecycle: $0)
        }
    }
}
