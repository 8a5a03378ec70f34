/// A class, as a heap dump describes it.
struct JavaClass {
    /// The identifier of its class object.
    var id: UInt64
    /// The identifier of the class that it extends; 0 of the topmost.
    var parent: UInt64
    /// The number of its name's string; nil where it has none.
    var name: UInt32?
    /// The fields that its objects have, without those of `parent`.
    var fields: [(name: UInt64, type: JavaType)] = []
    /// Its static fields that refer to objects, by the identifiers of their names.
    var statics: [(name: UInt64, target: UInt64)] = []

    /// Reads the description; nil where it is not all there.
    init?(_ cursor: inout DumpCursor, _ idBytes: Int) throws(SnapshotFailure) {
        id = cursor.id()
        cursor.skip(4)
        parent = cursor.id()
        // Its loader, signers, domain, two without a meaning, and the size of its objects.
        cursor.skip(5 * idBytes + 4)
        for _ in 0..<cursor.u2() {
            cursor.skip(2)
            let type = cursor.u1()
            if cursor.isShort { return nil }
            cursor.skip(try JavaType.numbered(type).size(idBytes: idBytes))
        }
        for _ in 0..<cursor.u2() {
            let name = cursor.id()
            let number = cursor.u1()
            if cursor.isShort { return nil }
            let type = try JavaType.numbered(number)
            if type == .reference {
                statics.append((name, cursor.id()))
            } else {
                cursor.skip(type.size(idBytes: idBytes))
            }
        }
        for _ in 0..<cursor.u2() {
            let name = cursor.id()
            let number = cursor.u1()
            if cursor.isShort { return nil }
            fields.append((name, try JavaType.numbered(number)))
        }
        if cursor.isShort { return nil }
    }
}

/// Where the objects of a class have what.
struct InstanceLayout {
    /// Where in an object's fields the references that hold something stand.
    var offsets: [Int] = []
    /// The numbers of the strings of their names.
    var names: [UInt32] = []
    /// How many references there are, with those that hold nothing.
    var referenceCount = 0
    /// The bytes of all fields.
    var length = 0
    /// Where a buffer outside of the heap says how large it is, and refers to the one that it is a part of.
    var buffer: (capacity: Int, whole: Int)?
}
