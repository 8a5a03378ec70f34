import CYAML

extension ConfigurationNode {
    /// The most values that a file may have, so that one which repeats itself by aliases is refused.
    private static let maximumCount = 10_000
    /// The most values that may stand inside one another.
    private static let maximumDepth = 100

    /// Reads the one document of `text`, YAML 1.1 as libyaml has it; nothing for an empty text.
    static func parse(_ text: String, path: String) throws(ConfigurationFile.Mistake) -> ConfigurationNode {
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else {
            throw .init(path: path, place: nil, problem: "there is no memory to read it")
        }
        defer { yaml_parser_delete(&parser) }
        let bytes = Array(text.utf8)
        let read: Result<ConfigurationNode, ConfigurationFile.Mistake> = bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
            do throws(ConfigurationFile.Mistake) {
                return .success(try document(&parser, path))
            } catch {
                return .failure(error)
            }
        }
        return try read.get()
    }

    private static func document(
        _ parser: inout yaml_parser_t, _ path: String
    ) throws(ConfigurationFile.Mistake) -> ConfigurationNode {
        var document = yaml_document_t()
        try load(&parser, &document, path)
        defer { yaml_document_delete(&document) }
        guard let root = yaml_document_get_root_node(&document) else {
            return ConfigurationNode(.nothing, at: Place(line: 1, column: 1))
        }
        var walk = Walk(path: path)
        let node = try walk.node(root, of: &document, depth: 0)
        var next = yaml_document_t()
        try load(&parser, &next, path)
        defer { yaml_document_delete(&next) }
        if let other = yaml_document_get_root_node(&next) {
            throw .init(
                path: path, place: Place(other.pointee.start_mark),
                problem: "expected one document, here begins another")
        }
        return node
    }

    private static func load(
        _ parser: inout yaml_parser_t, _ document: inout yaml_document_t, _ path: String
    ) throws(ConfigurationFile.Mistake) {
        guard yaml_parser_load(&parser, &document) == 1 else {
            let problem = parser.problem.map { String(cString: $0) } ?? "it cannot be read"
            throw .init(path: path, place: Place(parser.problem_mark), problem: "this is no YAML: \(problem)")
        }
    }

    /// A walk from the root, which stops where a file would never end.
    private struct Walk {
        var path: String
        var count = 0

        mutating func node(
            _ pointer: UnsafeMutablePointer<yaml_node_t>, of document: inout yaml_document_t, depth: Int
        ) throws(ConfigurationFile.Mistake) -> ConfigurationNode {
            let node = pointer.pointee
            let place = Place(node.start_mark)
            count += 1
            guard count <= maximumCount, depth <= maximumDepth else {
                throw .init(
                    path: path, place: place,
                    problem: depth > maximumDepth
                        ? "more than \(maximumDepth) values stand inside one another"
                        : "more than \(maximumCount) values stand here")
            }
            switch node.type {
            case YAML_SCALAR_NODE: return ConfigurationNode(Self.scalar(node), at: place)
            case YAML_SEQUENCE_NODE:
                var list: [ConfigurationNode] = []
                var item = node.data.sequence.items.start
                while let index = item, index < node.data.sequence.items.top {
                    list.append(try self.node(index.pointee, of: &document, depth))
                    item = index + 1
                }
                return ConfigurationNode(.list(list), at: place)
            default: return ConfigurationNode(.mapping(try entries(node, of: &document, depth)), at: place)
            }
        }

        private mutating func node(
            _ index: Int32, of document: inout yaml_document_t, _ depth: Int
        ) throws(ConfigurationFile.Mistake) -> ConfigurationNode {
            guard let pointer = yaml_document_get_node(&document, index) else {
                throw .init(path: path, place: nil, problem: "this is no YAML: a value is missing")
            }
            return try node(pointer, of: &document, depth: depth + 1)
        }

        private mutating func entries(
            _ node: yaml_node_t, of document: inout yaml_document_t, _ depth: Int
        ) throws(ConfigurationFile.Mistake) -> [Entry] {
            var entries: [Entry] = []
            var pair = node.data.mapping.pairs.start
            while let next = pair, next < node.data.mapping.pairs.top {
                pair = next + 1
                let key = try self.node(next.pointee.key, of: &document, depth)
                guard case .text(let name) = key.content else {
                    throw .init(path: path, place: key.place, problem: "expected a key, not \(key.kind)")
                }
                guard !entries.contains(where: { $0.key == name }) else {
                    throw .init(
                        path: path, place: key.place,
                        problem: "the key \"\(name)\" stands twice: give one of them another name")
                }
                let value = try self.node(next.pointee.value, of: &document, depth)
                entries.append(Entry(key: name, place: key.place, value: value))
            }
            return entries
        }

        private static func scalar(_ node: yaml_node_t) -> Content {
            let scalar = node.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let text = String(decoding: bytes, as: UTF8.self)
            let isNothing = scalar.style == YAML_PLAIN_SCALAR_STYLE && ["", "~", "null"].contains(text)
            return isNothing ? .nothing : .text(text)
        }
    }
}

extension ConfigurationNode.Place {
    /// The place that libyaml counts from 0.
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }
}
