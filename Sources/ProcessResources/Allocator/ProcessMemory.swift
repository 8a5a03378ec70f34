import CLinux
import Glibc

/// Copies memory out of a running process (process_vm_readv(2)).
struct ProcessMemory {
    /// One piece to copy, in whole words.
    struct Piece {
        var address: UInt64
        var wordCount: Int
        /// Where in the words to copy it.
        var destination: Int
    }

    /// The most pieces that one call takes (`UIO_MAXIOV`).
    private static let piecesPerCall = 1024

    let pid: Int32

    /// Copies each piece.
    func copy(_ pieces: [Piece], into words: inout [UInt64]) throws(MemoryReadFailure) {
        var start = 0
        while start < pieces.count {
            let end = min(start + Self.piecesPerCall, pieces.count)
            try copy(pieces[start..<end], into: &words)
            start = end
        }
    }

    /// The words from `address` on.
    func words(at address: UInt64, count: Int) throws(MemoryReadFailure) -> [UInt64] {
        guard count > 0 else { return [] }
        var words = [UInt64](repeating: 0, count: count)
        try copy([Piece(address: address, wordCount: count, destination: 0)], into: &words)
        return words
    }

    private func copy(_ pieces: ArraySlice<Piece>, into words: inout [UInt64]) throws(MemoryReadFailure) {
        var remote: [iovec] = []
        var local: [iovec] = []
        var expected = 0
        for piece in pieces {
            precondition(piece.destination + piece.wordCount <= words.count)
            guard let source = UnsafeMutableRawPointer(bitPattern: UInt(piece.address)) else { throw .unmapped }
            remote.append(iovec(iov_base: source, iov_len: piece.wordCount * 8))
            expected += piece.wordCount * 8
        }
        let received = words.withUnsafeMutableBytes { bytes in
            for piece in pieces {
                let target = bytes.baseAddress.map { $0 + piece.destination * 8 }
                local.append(iovec(iov_base: target, iov_len: piece.wordCount * 8))
            }
            return process_vm_readv(pid, local, UInt(local.count), remote, UInt(remote.count), 0)
        }
        if received == expected { return }
        guard received < 0 else { throw .unmapped }
        switch errno {
        case EPERM, EACCES, ENOSYS: throw .notPermitted
        case ESRCH: throw .ended
        default: throw .unmapped
        }
    }
}

/// Why memory of a process could not be copied.
enum MemoryReadFailure: Error, Hashable {
    case notPermitted
    case ended
    /// Some of it is not mapped, or no longer.
    case unmapped
}
