/// What keeps an object by itself.
struct JavaRoot {
    enum Kind { case thread, local, native, other }
    var kind: Kind
    /// The object's identifier.
    var object: UInt64
    /// The number of its thread; 0 where it has none.
    var thread: Int
}

/// What a number in the tables says of an object.
enum JavaKind {
    /// An object, or an array of objects, of the class of this number.
    case instance(Int)
    /// The object that stands for the class of this number.
    case classObject(Int)
    case primitives(JavaType)

    /// The kind of a number.
    init(_ number: UInt32) {
        switch number >> 30 {
        case 0: self = .instance(Int(number))
        case 1: self = .classObject(Int(number & 0x3FFF_FFFF))
        default: self = .primitives(JavaType(rawValue: UInt8(truncatingIfNeeded: number)) ?? .byte)
        }
    }

    /// The number of the kind.
    var number: UInt32 {
        switch self {
        case .instance(let type): UInt32(type)
        case .classObject(let type): 1 << 30 | UInt32(type)
        case .primitives(let type): 2 << 30 | UInt32(type.rawValue)
        }
    }
}

/// The objects of a heap in flat tables, as a dump fills them.
struct JavaTables {
    var idBytes = 8
    private(set) var strings = StringTable()
    private var stringNumbers: [UInt64: UInt32] = [:]
    private var classNames: [UInt64: UInt64] = [:]

    private(set) var classes: [JavaClass] = []
    private(set) var layouts: [InstanceLayout?] = []
    /// The number of the object that stands for each class.
    private(set) var classObjects: [Int] = []
    private var classNumbers: [UInt64: Int] = [:]
    /// The class of the last object: they come in runs.
    private var lastClass: (id: UInt64, number: Int)?

    /// For each object its identifier, the number of its kind, and the bytes of its fields without references, or the count of
    /// its elements; and the number of its first reference.
    private(set) var ids: [UInt64] = []
    private(set) var kinds: [UInt32] = []
    private(set) var sizes: [UInt32] = []
    private(set) var firstReferences: [UInt32] = []
    /// The identifiers of what objects refer to, one object's behind the other's; 0 for nothing.
    private(set) var references: [UInt64] = []
    var roots: [JavaRoot] = []

    mutating func addString(_ id: UInt64, _ text: UnsafeRawBufferPointer) {
        stringNumbers[id] = UInt32(strings.count)
        strings.text.append(contentsOf: text)
        strings.endString()
    }

    mutating func addClassName(_ id: UInt64, _ name: UInt64) { classNames[id] = name }

    /// The number of the string with this identifier.
    func string(_ id: UInt64) -> UInt32? { stringNumbers[id] }

    mutating func add(_ description: JavaClass) {
        var description = description
        description.name = classNames[description.id].flatMap { stringNumbers[$0] }
        classObjects.append(ids.count)
        begin(description.id, .classObject(classes.count), size: 0)
        for field in description.statics { references.append(field.target) }
        classNumbers[description.id] = classes.count
        classes.append(description)
        layouts.append(nil)
    }

    mutating func addArray(_ id: UInt64, of type: UInt64, count: Int) throws(SnapshotFailure) {
        begin(id, .instance(try number(of: type)), size: count)
    }

    mutating func addElement(_ id: UInt64) { if id != 0 { references.append(id) } }

    mutating func addArray(_ id: UInt64, of type: JavaType, bytes: Int) {
        begin(id, .primitives(type), size: bytes)
    }

    mutating func addInstance(_ id: UInt64, of type: UInt64, _ fields: UnsafeRawBufferPointer) throws(SnapshotFailure) {
        let type = try number(of: type)
        if layouts[type] == nil { layouts[type] = try layout(of: type) }
        guard let layout = layouts[type], layout.length <= fields.count else {
            throw SnapshotFailure("an object is shorter than its class")
        }
        var size = fields.count - layout.referenceCount * idBytes
        if let buffer = layout.buffer, reference(fields, buffer.whole) == 0 {
            size += Int(UInt32(bigEndian: fields.loadUnaligned(fromByteOffset: buffer.capacity, as: UInt32.self)))
        }
        begin(id, .instance(type), size: size)
        for offset in layout.offsets { references.append(reference(fields, offset)) }
    }

    private func reference(_ fields: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        idBytes == 8
            ? UInt64(bigEndian: fields.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            : UInt64(UInt32(bigEndian: fields.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }

    private mutating func begin(_ id: UInt64, _ kind: JavaKind, size: Int) {
        ids.append(id)
        kinds.append(kind.number)
        sizes.append(UInt32(clamping: size))
        firstReferences.append(UInt32(truncatingIfNeeded: references.count))
    }

    private mutating func number(of id: UInt64) throws(SnapshotFailure) -> Int {
        if let lastClass, lastClass.id == id { return lastClass.number }
        guard let number = classNumbers[id] else { throw SnapshotFailure("an object comes before its class") }
        lastClass = (id, number)
        return number
    }

    // MARK: Layouts

    private func layout(of type: Int) throws(SnapshotFailure) -> InstanceLayout {
        var layout = InstanceLayout()
        let isBuffer = name(of: type) == "java/nio/DirectByteBuffer"
        var (capacity, whole): (Int?, Int?)
        var next = classes[type].id
        // The fields of the class come first, then those of what it extends. A chain that has no end is none.
        for _ in classes where next != 0 {
            guard let number = classNumbers[next] else { throw SnapshotFailure("an object comes before its class") }
            let isReference = name(of: number) == "java/lang/ref/Reference"
            for field in classes[number].fields {
                let name = stringNumbers[field.name]
                if isBuffer, let name {
                    if field.type == .int, strings[name] == "capacity" { capacity = layout.length }
                    if field.type == .reference, strings[name] == "att" { whole = layout.length }
                }
                if field.type == .reference {
                    layout.referenceCount += 1
                    let holds = !isReference || name.map { !["referent", "discovered"].contains(strings[$0]) } ?? true
                    if holds {
                        layout.offsets.append(layout.length)
                        layout.names.append(name ?? UInt32.max)
                    }
                }
                layout.length += field.type.size(idBytes: idBytes)
            }
            next = classes[number].parent
        }
        if let capacity, let whole { layout.buffer = (capacity, whole) }
        return layout
    }

    /// The name of a class as the JVM writes it, `java/util/HashMap$Node`; empty where it has none.
    func name(of type: Int) -> String { classes[type].name.map { strings[$0] } ?? "" }

    /// The number of the class with this identifier.
    func classNumber(_ id: UInt64) -> Int? { classNumbers[id] }
}
