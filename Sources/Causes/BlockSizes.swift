/// How many bytes each block of a stack has, of one snapshot.
package struct BlockSizes: Hashable, Sendable {
    /// By stack; 0 where they differ.
    private var known: [CauseSignature: Int] = [:]

    /// Nothing is known.
    package init() {}

    /// Blocks of `size` bytes each are of `signature`; 0 where these differ already.
    package mutating func note(_ size: Int, of signature: CauseSignature) {
        known[signature] = known[signature].map { $0 == size ? size : 0 } ?? size
    }

    /// The size of each block of `signature`; 0 where they differ, or nothing is known.
    package subscript(signature: CauseSignature) -> Int { known[signature] ?? 0 }

    /// The cause with the size before its name, `112 B block`, where all have one, unless it is the bytes that grow and not the count.
    package func named(_ cause: Cause) -> Cause {
        let size = self[CauseSignature(.allocation, cause.what, site: cause.site)]
        var named = cause
        if cause.isOfBytes {
            named.what = "growing \(cause.what)"
        } else if size > 0 {
            let text = size % 1024 == 0 && size >= 10_240 ? "\(size / 1024) KiB" : "\(size) B"
            named.what = "\(text) \(cause.what)"
        }
        return named
    }
}
