import Foundation
import Glibc
import ProcessResources
import Testing

@testable import Causes

@Suite("Descriptors by what they stand for")
struct DescriptorTalliesTests {
    /// Those of this process, without others than `path`.
    private static func count(_ what: String) throws -> Int {
        let reader = try ProcessReader(pid: getpid())
        let tallies = DescriptorTallies.tallies(of: [reader], servingPort: 1)
        return tallies[CauseSignature(.descriptor, what)]?.count ?? 0
    }

    @Test("connections of a process that serves nowhere are of one kind, whatever their peers")
    func connections() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(listener) }
        listen(listener, 1)
        let reader = try ProcessReader(pid: getpid())
        let own = try #require(try reader.openDescriptors().first { $0.identity.number == listener })
        #expect(DescriptorTallies.what(own, servingPort: nil) == "TCP socket, LISTEN")
        #expect(DescriptorTallies.what(own, servingPort: 1) == "TCP socket to 0.0.0.0:0, LISTEN")
    }

    @Test("files whose names differ in numbers are of one kind")
    func files() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "t\(UUID().uuidString.prefix(4))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var what = "file "
        for character in "\(folder.path())/log17" where !(character.isNumber && what.last == "#") {
            what.append(character.isNumber ? "#" : character)
        }
        let open = (1...7).map { number in
            Glibc.open("\(folder.path())/log\(number * 9)", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        }
        #expect(try Self.count(what) == 7, "\(what)")
        for number in open { close(number) }
        #expect(try Self.count(what) == 0)
    }
}
