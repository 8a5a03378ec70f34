import LeakCheck
import LeakStatistics

extension WatchGauge {
    /// The name for a table, indented below the gauge it is part of.
    var label: String { Table.label(ofGauge: name) }

    /// A level of it.
    func text(_ level: Double) -> String { Amount.level(level, isMemory: isMemory) }

    /// A difference, with its sign.
    func change(_ amount: Double) -> String { Amount.change(amount, isMemory: isMemory) }
}

extension Amount {
    /// A level: `1,234`, `12.0 MiB`.
    static func level(_ level: Double, isMemory: Bool) -> String { isMemory ? bytes(level) : whole(level) }

    /// A difference, always with its sign: `+12`, `-1.50`, `+4.0 KiB`, `0`.
    static func change(_ amount: Double, isMemory: Bool) -> String {
        let size = amount.magnitude
        let text = isMemory ? bytes(size) : size == size.rounded() || size >= 100 ? whole(size.rounded()) : count(size)
        if text == "0" || text == "0 B" { return "0" }
        return (amount < 0 ? "-" : "+") + text
    }

    /// A time as a clock shows it: `02:13`, `26:02:13`.
    static func clock(_ seconds: Double) -> String {
        let seconds = Int(near: seconds)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let rest = "\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        return seconds < 3600 ? rest : "\(two(seconds / 3600)):\(rest)"
    }
}

/// Lines of a table whose first column is aligned left and whose others are aligned right.
enum Table {
    /// A gauge's name, indented below the gauge it is part of.
    static func label(ofGauge name: String) -> String {
        if name.hasPrefix("descriptors.") { return "  \(name.dropFirst(12))" }
        if name.hasPrefix("tcp.") { return "    \(name.dropFirst(4))" }
        switch name {
        case "liveHeap": return "live heap"
        case "privateMemory": return "private memory"
        case "residentMemory": return "resident memory"
        default: return name
        }
    }

    static func line(_ cells: [String], _ widths: [Int]) -> String {
        zip(cells, widths).enumerated().map { index, cell in
            let space = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
            return index == 0 ? cell.0 + space : space + cell.0
        }.joined(separator: "  ")
    }
}

extension String {
    /// Without spaces at its end.
    var trimmedAtEnd: String { String(reversed().drop { $0 == " " }.reversed()) }
}
