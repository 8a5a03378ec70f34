/// The fields of a request or a response, in order, names compared regardless of case (RFC 9110, section 5).
public struct HTTPFields: Sendable {
    /// One field line.
    public struct Field: Sendable, Equatable {
        /// The name as it was written.
        public var name: String
        /// The value without surrounding white space; bytes that were not UTF-8 are replaced.
        public var value: String

        /// Pairs a name with a value.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }

        /// Whether the names match regardless of case and the values exactly.
        public static func == (one: Field, other: Field) -> Bool {
            ASCII.isSame(one.value, other.value) && ASCII.equalsIgnoringCase(one.name, other.name)
        }
    }

    private var fields: [Field] = []

    /// Makes an empty list.
    public init() {}

    /// Adds a field at the end.
    ///
    /// Does not check: ``encode(into:)`` replaces what could break a line.
    public mutating func append(name: String, value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// Removes every field called `name`.
    public mutating func removeAll(named name: String) {
        fields.removeAll { ASCII.equalsIgnoringCase($0.name, name) }
    }

    /// The first value of `name`, if there is one.
    public subscript(name: String) -> String? {
        fields.first { ASCII.equalsIgnoringCase($0.name, name) }?.value
    }

    /// The values of `name`, one for each field line.
    public func values(of name: String) -> [String] {
        fields.filter { ASCII.equalsIgnoringCase($0.name, name) }.map(\.value)
    }

    /// The value of `name` if exactly one field line has it.
    func onlyValue(of name: String) -> String? {
        var found: String?
        for field in fields where ASCII.equalsIgnoringCase(field.name, name) {
            guard found == nil else { return nil }
            found = field.value
        }
        return found
    }

    /// Whether one of the comma-separated elements of the `name` fields is `token`, regardless of case (RFC 9110,
    /// section 5.6.1).
    public func hasToken(_ token: String, in name: String) -> Bool {
        var isFound = false
        forEachElement(of: name) { element in
            isFound = isFound || ASCII.withBytes(of: token) { ASCII.equalsIgnoringCase($0, element) }
        }
        return isFound
    }

    /// The comma-separated elements of every `name` field, as written; empty ones are left out (RFC 9110, section
    /// 5.6.1).
    public func elements(of name: String) -> [String] {
        var elements: [String] = []
        forEachElement(of: name) { elements.append(String(decoding: $0, as: UTF8.self)) }
        return elements
    }

    private func forEachElement(of name: String, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        for field in fields where ASCII.equalsIgnoringCase(field.name, name) {
            ASCII.withBytes(of: field.value) { value in
                var rest = value[...]
                while !rest.isEmpty {
                    let end = rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.endIndex
                    let element = ASCII.trimmed(rest[..<end])
                    if !element.isEmpty { body(UnsafeBufferPointer(rebasing: element)) }
                    rest = rest[end...].dropFirst()
                }
            }
        }
    }

    /// Writes one line for each field (RFC 9112, section 5).
    ///
    /// A control character in a value becomes a space, and a field whose name is no token is omitted, so that no value
    /// can end its line.
    public func encode(into output: inout ByteQueue) {
        for field in fields where ASCII.withBytes(of: field.name, ASCII.isToken) {
            output.append(field.name)
            output.append(": ")
            if ASCII.withBytes(of: field.value, { $0.allSatisfy(ASCII.isFieldValueCharacter) }) {
                output.append(field.value)
            } else {
                for byte in field.value.utf8 { output.appendByte(ASCII.isFieldValueCharacter(byte) ? byte : 0x20) }
            }
            output.append("\r\n")
        }
    }
}

extension HTTPFields: Equatable {}

extension HTTPFields: RandomAccessCollection {
    /// The first field's position.
    public var startIndex: Int { fields.startIndex }
    /// The position after the last field.
    public var endIndex: Int { fields.endIndex }
    /// The field at `position`.
    public subscript(position: Int) -> Field { fields[position] }
}

extension HTTPFields: ExpressibleByDictionaryLiteral {
    /// Lists the fields in the order written; a name may appear twice.
    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }
}
