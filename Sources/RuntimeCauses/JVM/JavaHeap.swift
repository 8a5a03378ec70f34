/// The objects of a Java heap, by number, and how they hold each other.
struct JavaHeap {
    /// What keeps an object by itself.
    struct Root {
        var kind: JavaRoot.Kind
        var object: Int
        /// The object of its thread.
        var thread: Int?
    }

    let strings: StringTable
    /// The names of classes as the JVM writes them, by number.
    let classNames: [String]
    /// For each class, the number of the one that it extends.
    let parents: [Int?]
    let roots: [Root]
    /// The object that stands for each class.
    let classObjects: [Int]
    /// The number of the string of each static field's name, by class.
    private let staticNames: [[UInt32]]
    private let layouts: [InstanceLayout?]
    private let kinds: [UInt32]
    private let sizes: [UInt32]
    private let firstReferences: [UInt32]
    /// The numbers of objects; `nothing` for none.
    private let references: [UInt32]
    private let referenceBytes: Int

    private static let nothing = UInt32.max
    /// The JVM writes references to addresses below this in four bytes.
    private static let compressedBelow: UInt64 = 1 << 40

    var count: Int { kinds.count }

    /// Numbers all that `tables` refer to by address; what is not there is nothing.
    init(_ tables: JavaTables) {
        strings = tables.strings
        classNames = tables.classes.indices.map { tables.name(of: $0) }
        parents = tables.classes.map { tables.classNumber($0.parent) }
        staticNames = tables.classes.map { $0.statics.map { tables.string($0.name) ?? UInt32.max } }
        layouts = tables.layouts
        kinds = tables.kinds
        sizes = tables.sizes
        firstReferences = tables.firstReferences + [UInt32(truncatingIfNeeded: tables.references.count)]
        let ids = tables.ids
        let numbers = ObjectNumbers(ids)
        references = tables.references.map { $0 == 0 ? Self.nothing : numbers.number(of: $0, in: ids) ?? Self.nothing }
        classObjects = tables.classObjects
        var threads: [Int: Int] = [:]
        for root in tables.roots where root.kind == .thread {
            threads[root.thread] = numbers.number(of: root.object, in: ids).map(Int.init)
        }
        roots = tables.roots.compactMap { root in
            guard let object = numbers.number(of: root.object, in: ids) else { return nil }
            return Root(kind: root.kind, object: Int(object), thread: threads[root.thread])
        }
        let isCompressed = tables.idBytes == 4 || ids.allSatisfy { $0 < Self.compressedBelow }
        referenceBytes = isCompressed ? 4 : 8
    }

    func kind(of object: Int) -> JavaKind { JavaKind(kinds[object]) }

    /// The numbers of its references.
    func references(of object: Int) -> Range<Int> { Int(firstReferences[object])..<Int(firstReferences[object + 1]) }

    /// The object that a reference leads to.
    func target(_ reference: Int) -> Int? {
        references[reference] == Self.nothing ? nil : Int(references[reference])
    }

    /// The number of the string of a field's name, of the reference at `index` of an object of a class.
    func fieldName(_ type: Int, _ index: Int) -> UInt32 { layouts[type]?.names[index] ?? UInt32.max }

    /// The number of the string of the name of a static field that refers to something.
    func staticName(_ type: Int, _ index: Int) -> UInt32 { staticNames[type][index] }

    /// Whether a class is one of arrays.
    func isArray(_ type: Int) -> Bool { classNames[type].hasPrefix("[") }

    /// The bytes of an object itself.
    func bytes(of object: Int, isArray: Bool) -> Int {
        let size = Int(sizes[object])
        let exact: Int
        switch kind(of: object) {
        case .primitives: exact = 16 + size
        case .classObject: exact = 0
        case .instance where isArray: exact = 16 + referenceBytes * size
        case .instance(let type): exact = 12 + size + referenceBytes * (layouts[type]?.referenceCount ?? 0)
        }
        return (exact + 7) & ~7
    }
}
