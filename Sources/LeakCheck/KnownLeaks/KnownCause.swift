public import Causes
import LeakStatistics

/// What an accepted leak is known by beside its amount: what is left and who holds it, or which functions made it.
///
/// Lines and counts are left out, because the one moves with every change and the other with every run.
public struct KnownCause: Hashable, Sendable, Codable {
    /// What kind of thing is left.
    public var kind: Cause.Kind
    /// Its type or its name, in the runtime's own words.
    public var what: String
    /// Who holds it, from the program's own variable on, as `sessions: Map`; nil for whoever does.
    public var holders: [String]?
    /// The functions that made it or that it stands at, the innermost first; nil for any.
    public var functions: [String]?

    private static let mostFunctions = 3

    /// What identifies `cause`.
    public init(_ cause: Cause) {
        kind = cause.kind
        what = cause.what
        holders = cause.holders.isEmpty ? nil : cause.holders.map(\.description)
        functions = Self.functions(of: cause)
    }

    private enum CodingKeys: CodingKey {
        case kind, what, holders, functions
    }

    /// Reads an entry that people write too: a kind that does not exist is answered with those that do.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let name = try values.decode(String.self, forKey: .kind)
        guard let kind = Cause.Kind(rawValue: name) else {
            let known = Cause.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                forKey: .kind, in: values,
                debugDescription: "there is no cause of kind \"\(name)\"; the known ones are \(known)")
        }
        self.kind = kind
        what = try values.decode(String.self, forKey: .what)
        holders = try values.decodeIfPresent([String].self, forKey: .holders)
        functions = try values.decodeIfPresent([String].self, forKey: .functions)
    }

    /// Whether `cause` is this one.
    public func matches(_ cause: Cause) -> Bool {
        let found = KnownCause(cause)
        return kind == found.kind && what == found.what && (holders == nil || holders == found.holders)
            && (functions == nil || functions == found.functions)
    }

    private static func functions(of cause: Cause) -> [String]? {
        let names = cause.ownFrames.prefix(mostFunctions).map(\.function)
        return names.isEmpty ? nil : names
    }
}

extension CheckResult {
    /// Takes back that a leak is known where its causes were found and the entry's is not among them: it is another leak, of an
    /// amount that happens to fit.
    mutating func requireKnownCauses() {
        for group in leakGroups {
            let explained = group.rows.compactMap { rows[$0].explanation?.causes }
            guard let causes = explained.first(where: { !$0.isEmpty }) else { continue }
            for row in group.rows {
                for index in rows[row].resources.indices where rows[row].resources[index].verdict == .leak {
                    guard let entry = rows[row].resources[index].knownLeak, let known = entry.cause,
                        !causes.contains(where: known.matches)
                    else { continue }
                    rows[row].resources[index].apply(entry, unless: .otherCause)
                }
            }
        }
    }

    /// By what the leak of a row is known: the first of its causes, which rows that leak alike share; nil where none was found.
    func knownCause(ofRow row: Int) -> KnownCause? {
        let explained = leakGroups.filter { $0.rows.contains(row) }.flatMap(\.rows)
        let causes = ([row] + explained).lazy.compactMap { rows[$0].explanation?.causes.first }
        return causes.first.map(KnownCause.init)
    }
}
