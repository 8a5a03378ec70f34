import CLinux
import Glibc

/// Names of functions as a report shows them.
enum FunctionName {
    /// The name without parameters, results and what the compiler adds: `Room::add`, `leaky.Room.add`, `leaky::remember`.
    static func short(_ name: String) -> String {
        if let swift = demangled(name) { return shortSwift(swift) }
        return withoutHash(withoutParameters(name))
    }

    /// Of a name of Swift's that is mangled, the name in the source; nil of any other.
    private static func demangled(_ name: String) -> String? {
        guard name.hasPrefix("$s") || name.hasPrefix("$S") || name.hasPrefix("_$s"),
            let text = swift_demangle(name, UInt(name.utf8.count), nil, nil, 0)
        else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    /// `closure #1 in watertight.Foo.bar` of `closure #1 (Swift.Int) -> () in watertight.Foo.(bar in _1234)(Swift.Int) -> ()`.
    static func shortSwift(_ name: String) -> String {
        var name = name.replacing(#/\(([^() ]+) in _[0-9A-F]+\)/#) { $0.output.1 }
        // The parts of a function that awaits.
        name = name.replacing(#/\(\d+\) (?:await|suspend) resume partial function for /#, with: "")
        name = name.replacing(#/\(extension in [^()]+\):/#, with: "")
        if let specialised = name.ranges(of: "> of ").last { name = String(name[specialised.upperBound...]) }
        for prefix in ["partial apply forwarder for ", "merged ", "static "] where name.hasPrefix(prefix) {
            name.removeFirst(prefix.count)
        }
        return name.split(separator: " in ", omittingEmptySubsequences: true)
            .compactMap(shortPart)
            .joined(separator: " in ")
    }

    /// One function of those that a name nests, without its parameters and attributes; nil of one that a macro has made.
    private static func shortPart(_ part: Substring) -> String? {
        guard !part.hasPrefix("$s") else { return nil }
        let end = part.firstIndex { $0 == "(" || $0 == "<" } ?? part.endIndex
        let words = part[..<end].split(separator: " ")
        // `closure #1 nonisolated`, `closure #1 @Sendable`.
        return words.prefix(words.first == "closure" ? 2 : words.count).joined(separator: " ")
    }

    /// Up to the parenthesis that begins the parameters, which is in none of `<>` and `{}`.
    private static func withoutParameters(_ name: String) -> String {
        var depth = 0
        var index = name.startIndex
        while index < name.endIndex {
            let rest = name[index...]
            if let skipped = [
                "(anonymous namespace)", "operator()", "operator<<", "operator<", "operator->", "operator>",
            ]
            .first(where: rest.hasPrefix) {
                index = name.index(index, offsetBy: skipped.count)
                continue
            }
            switch name[index] {
            case "<", "{": depth += 1
            case ">", "}": depth -= 1
            case "(" where depth == 0: return String(name[..<index])
            default: break
            }
            index = name.index(after: index)
        }
        return name
    }

    /// Rust's names end with `::h` and 16 digits that say nothing.
    private static func withoutHash(_ name: String) -> String {
        name.replacing(#/::h[0-9a-f]{16}$/#, with: "")
    }

    private static let allocators: Set<String> = [
        "malloc", "calloc", "realloc", "reallocarray", "memalign", "aligned_alloc", "posix_memalign", "valloc",
        "pvalloc",
        "mmap", "mmap64", "mremap",
    ]
    private static let allocatorPrefixes = [
        "operator new", "std::allocator", "std::__new_allocator", "__gnu_cxx::new_allocator", "swift_alloc",
        "_swift_alloc",
        "swift_slowAlloc", "swift::swift_slowAlloc", "swift_initStackObject", "__rust_", "__rdl_", "__rg_",
        "alloc::alloc::",
        "<alloc::alloc::", "alloc::raw_vec::", "std::sys::alloc", "std::sys::pal::unix::alloc",
    ]

    /// The frames from the first on that is none of an allocator's; all where there is no other.
    static func withoutAllocator(_ frames: [CodeFrame]) -> [CodeFrame] {
        let rest = frames.drop { frame in
            allocators.contains(frame.function) || allocatorPrefixes.contains { frame.function.hasPrefix($0) }
        }
        return rest.isEmpty ? frames : Array(rest)
    }
}
