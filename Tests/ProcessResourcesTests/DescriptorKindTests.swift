import Foundation
import ProcessResources
import Testing

@Suite("/proc/PID/fd")
struct DescriptorKindTests {
    @Test(
        "a link tells the kind",
        arguments: [
            ("socket:[12345]", "socket"), ("pipe:[77]", "pipe"), ("anon_inode:[eventfd]", "eventfd"),
            ("anon_inode:[eventpoll]", "epoll"), ("anon_inode:[timerfd]", "timerfd"),
            ("anon_inode:[signalfd]", "signalfd"), ("anon_inode:inotify", "inotify"),
            ("anon_inode:[io_uring]", "io_uring"), ("anon_inode:bpf-map", "bpf-map"), ("anon_inode:[pidfd]", "pidfd"),
            ("pidfd:[4]", "pidfd"), ("net:[4026531840]", "net"), ("/dev/null", "device"), ("/dev/pts/0", "device"),
            ("/dev/shm/cache", "file"), ("/memfd:pool (deleted)", "memfd"), ("/var/log/x.log", "file"),
            ("/tmp/gone (deleted)", "file"), ("/", "file"), ("", "other"), ("what", "other"), (":x", "other"),
            ("anon_inode:", "other"), ("anon_inode:[]", "other"),
        ])
    func kinds(link: String, name: String) {
        #expect(DescriptorKind(recorded: link).rawValue == name)
    }

    @Test("counts become an object with names for keys")
    func json() throws {
        let counts = DescriptorCounts(byKind: [.socket: 2, .epoll: 1, DescriptorKind(rawValue: "bpf-map"): 1])
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = try encoder.encode(counts)
        #expect(String(decoding: json, as: UTF8.self) == #"{"byKind":{"bpf-map":1,"epoll":1,"socket":2}}"#)
        #expect(try JSONDecoder().decode(DescriptorCounts.self, from: json) == counts)
    }

    @Test("counts add up")
    func sum() {
        let left = DescriptorCounts(byKind: [.socket: 2, .pipe: 1])
        let sum = left + DescriptorCounts(byKind: [.socket: 3, .file: 4])
        #expect(sum == DescriptorCounts(byKind: [.socket: 5, .pipe: 1, .file: 4]))
        #expect(sum.total == 10)
        #expect(sum[.eventfd] == 0)
    }
}
