/// The names of steps in a Java heap, as numbers: text is made only of those that are shown.
struct JavaLabels {
    /// By what an object is held.
    struct Edge: Hashable {
        enum Kind { case unknown, variable, field, element, thread, local, native }
        var kind: Kind
        /// The number of its name's string.
        var name: UInt32 = 0
        /// The number of the type whose variable it is.
        var type: UInt32 = 0
    }

    /// What the walk must know of a class.
    struct Traits {
        /// The number of the type's name.
        var name: UInt32
        var isArray = false
        /// Whether objects that hold each other are one list or tree.
        var isChained = false
        /// A collection of the JDK's, whose arrays are parts of it.
        var isCollection = false
        /// An entry of a collection of the JDK's.
        var isEntry = false
        /// Holds a primitive array as a part of itself.
        var isString = false
        /// From it all of the program can be reached, which it does not hold in any useful sense.
        var isBoundary = false
    }

    private let strings: StringTable
    private var typeNames: [String] = []
    private var typeNumbers: [String: UInt32] = [:]
    /// By the number of the class.
    private(set) var traits: [Traits] = []
    private var primitives: [JavaType: UInt32] = [:]
    private let classType: UInt32

    init(_ heap: JavaHeap) {
        strings = heap.strings
        typeNames = ["Class"]
        classType = 0
        for number in heap.classNames.indices { traits.append(traits(number, heap)) }
        for type in [JavaType.boolean, .char, .float, .double, .byte, .short, .int, .long] {
            primitives[type] = intern("\(type)[]")
        }
    }

    private mutating func intern(_ name: String) -> UInt32 {
        if let number = typeNumbers[name] { return number }
        typeNumbers[name] = UInt32(typeNames.count)
        typeNames.append(name)
        return UInt32(typeNames.count - 1)
    }

    private static let entries = ["Node", "Entry", "Bin", "Index", "Segment"]

    private mutating func traits(_ number: Int, _ heap: JavaHeap) -> Traits {
        let name = heap.classNames[number]
        var traits = Traits(name: intern(Self.typeName(name)))
        traits.isArray = heap.isArray(number)
        let isUtility = name.hasPrefix("java/util/")
        traits.isEntry = isUtility && name.contains("$") && Self.entries.contains { name.hasSuffix($0) }
        traits.isCollection = isUtility && !traits.isEntry
        traits.isChained = !traits.isArray && !traits.isCollection
        traits.isString = name == "java/lang/String"
        var next: Int? = number
        // A chain that has no end is none.
        for _ in heap.classNames {
            guard let type = next else { break }
            if Self.boundaries.contains(heap.classNames[type]) { traits.isBoundary = true }
            next = heap.parents[type]
        }
        return traits
    }

    private static let boundaries = ["java/lang/ClassLoader", "java/lang/ThreadGroup"]

    func typeNumber(_ kind: JavaKind) -> UInt32 {
        switch kind {
        case .instance(let type): traits[type].name
        case .classObject: classType
        case .primitives(let type): primitives[type] ?? classType
        }
    }

    /// Whether the variable of this name is one that the JVM keeps for itself.
    func isHidden(_ name: UInt32) -> Bool { name == UInt32.max || strings.first(name) == UInt8(ascii: "<") }

    func text(_ edge: Edge) -> String {
        switch edge.kind {
        case .unknown: ""
        case .variable: typeNames[Int(edge.type)] + "." + name(edge.name)
        case .field: "." + name(edge.name)
        case .element: "[]"
        case .thread: "thread"
        case .local: "local"
        case .native: "JNI"
        }
    }

    func text(_ type: UInt32) -> String { typeNames[Int(type)] }

    private func name(_ number: UInt32) -> String { number == UInt32.max ? "?" : strings[number] }
}

extension JavaLabels {
    /// What a program calls the class that the JVM writes as `java/util/Map$Entry`, `[Lorg/acme/Chat;`, `[[I` or
    /// `Echo$$Lambda+0x00007f`: `Entry`, `Chat[]`, `int[][]`, `Echo$$Lambda`.
    static func typeName(_ name: String) -> String {
        let dimensions = name.prefix { $0 == "[" }.count
        var element = name.dropFirst(dimensions)
        if dimensions > 0, element.hasPrefix("L") { element = element.dropFirst().prefix { $0 != ";" } }
        let simple = dimensions > 0 ? primitive(element) ?? simpleName(element) : simpleName(element)
        return simple + String(repeating: "[]", count: dimensions)
    }

    private static func primitive(_ letter: Substring) -> String? {
        switch letter {
        case "Z": "boolean"
        case "C": "char"
        case "F": "float"
        case "D": "double"
        case "B": "byte"
        case "S": "short"
        case "I": "int"
        case "J": "long"
        default: nil
        }
    }

    private static let lambda = "$$Lambda"

    private static func simpleName(_ name: Substring) -> String {
        let whole = name.firstRange(of: lambda).map { name[..<$0.lowerBound] }
        // The number of a class that was made while the program ran differs from run to run.
        let named = whole ?? name.prefix { $0 != "+" }
        let last = named[(named.lastIndex(of: "/").map(named.index(after:)) ?? named.startIndex)...]
        let parts = last.split(separator: "$")
        // A class without a name of its own is known by the one around it.
        let first = parts.lastIndex { $0.first?.isNumber == false } ?? 0
        return parts[first...].joined(separator: "$") + (whole == nil ? "" : lambda)
    }
}
