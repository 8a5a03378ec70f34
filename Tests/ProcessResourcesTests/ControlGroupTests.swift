import Foundation
import ProcessResources
import Testing

/// Control groups in a folder that looks like the kernel's.
@Suite("Control groups")
struct ControlGroupTests {
    /// A folder for the kernel's, removed in the end.
    private final class Mount {
        let url = FileManager.default.temporaryDirectory.appending(path: "watertight-cgroup-\(UUID())")
        var path: String { url.path(percentEncoded: false) }

        init(_ groups: [String: [Int32]]) throws {
            for (name, pids) in groups { try set(name, pids) }
        }

        deinit { try? FileManager.default.removeItem(at: url) }

        func set(_ name: String, _ pids: [Int32]) throws {
            let folder = url.appending(path: name)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(pids.map { "\($0)\n" }.joined().utf8).write(to: folder.appending(path: "cgroup.procs"))
        }

        func find(_ name: String) throws -> String {
            String(try ControlGroup(name, mount: path).directory.dropFirst(path.count))
        }
    }

    private func failure(_ body: () throws -> Void) -> ControlGroupFailure? {
        do { try body() } catch { return error as? ControlGroupFailure }
        return nil
    }

    @Test("version 2: by directory, by the path of /proc/PID/cgroup, by a container's id")
    func version2() throws {
        let name = "system.slice/docker-0a1b2c3d4e5f.scope"
        let mount = try Mount(["": [1], "system.slice": [], name: [11], name + "/init-0a1b2c": [9, 10]])
        for word in [mount.path + "/" + name, "/" + name, "0::/" + name, "0a1b2c", "docker-0a1b"] {
            #expect(try mount.find(word) == "/" + name, "\(word)")
        }
        #expect(try ControlGroup("0a1b2c", mount: mount.path).pids() == [9, 10, 11], "with the groups below")
    }

    @Test("version 1: the hierarchies of processes or memory, and where the processes are")
    func version1() throws {
        let mount = try Mount([
            "pids": [1], "pids/docker": [], "pids/docker/0a1b2c3d": [7, 0], "memory/docker/0a1b2c3d": [7],
            "cpu/docker/0a1b2c3d": [7], "unified": [1], "pids/only": [], "memory/only": [8], "unified/only": [],
        ])
        #expect(try mount.find("/docker/0a1b2c3d") == "/pids/docker/0a1b2c3d")
        #expect(try mount.find("0a1b2c3d") == "/pids/docker/0a1b2c3d")
        #expect(try mount.find("4:memory:/only") == "/memory/only")
        #expect(try ControlGroup("0a1b", mount: mount.path).pids() == [7], "0 stands for another PID namespace's")
    }

    @Test("what names no group, or several")
    func refused() throws {
        let mount = try Mount(["": [], "a/0a1b2c": [], "b/0a1b2d": []])
        #expect(
            failure { _ = try mount.find("0a1b2") }
                == .ambiguous(
                    "0a1b2", [mount.path + "/a/0a1b2c", mount.path + "/b/0a1b2d"]))
        #expect(failure { _ = try mount.find("0a1") } == .tooShort("0a1"))
        for name in ["ffff", "/a/none", "/a/../b", ""] {
            #expect(failure { _ = try mount.find(name) } != nil, "\(name)")
        }
        // The root, a, b, and the two below them.
        #expect(try ControlGroup("0a1b2c", mount: mount.path, mostGroups: 5).directory.hasSuffix("/a/0a1b2c"))
        let tooMany = failure { _ = try ControlGroup("0a1b2c", mount: mount.path, mostGroups: 4) }
        #expect(tooMany == .tooMany(mount.path, limit: 4))
        #expect(tooMany?.description.contains("give the path of one") == true)
        let group = try ControlGroup("0a1b2c", mount: mount.path)
        try FileManager.default.removeItem(at: mount.url)
        #expect(failure { _ = try group.pids() }?.description.hasSuffix("/a/0a1b2c is gone") == true)
    }

    @Test("processes come and go with the group, which may end one by one, not all")
    func tree() throws {
        let mount = try Mount(["": [], "group": [getpid(), 4_194_305]])
        var tree = try ProcessTree(group: ControlGroup("group", mount: mount.path))
        #expect(tree.members.map(\.pid) == [getpid()])
        #expect(try tree.sample().threads > 0)
        try mount.set("group", [getppid()])
        try mount.set("group/below", [getpid()])
        try tree.refresh()
        #expect(tree.members.map(\.pid) == [getpid(), getppid()].sorted())
        try mount.set("group", [])
        try mount.set("group/below", [])
        #expect(throws: ProcessReadFailure.group("no process is left in the control group \(mount.path)/group")) {
            try tree.refresh()
        }
    }
}
