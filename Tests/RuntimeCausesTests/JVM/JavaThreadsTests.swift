import Testing

@testable import Causes
@testable import RuntimeCauses

@Suite("The threads of a JVM")
struct JavaThreadsTests {
    private static let text = """
        4711:
        2026-01-02 03:04:05
        Full thread dump OpenJDK 64-Bit Server VM (17.0.15+6-Debian-1deb12u1 mixed mode, sharing):

        "main" #1 prio=5 os_prio=0 cpu=93.55ms elapsed=10.33s tid=0x00007f02 nid=0x2f runnable  [0x00007f02]
           java.lang.Thread.State: RUNNABLE
        \tat sun.nio.ch.Net.accept(java.base@17.0.15/Native Method)
        \tat org.acme.Chat.main(Chat.java:48)

        "session-pump-1" #21 daemon prio=5 waiting on condition  [0x00007f01]
           java.lang.Thread.State: WAITING (parking)
        \tat jdk.internal.misc.Unsafe.park(java.base@17.0.15/Native Method)
        \t- parking to wait for  <0x00000000f0a> (a java.util.concurrent.locks.Sync)
        \tat java.util.concurrent.locks.LockSupport.park(java.base@17.0.15/LockSupport.java:341)
        \tat org.acme.Chat.pump(Chat.java:71)
        \tat org.acme.Chat$$Lambda$14/0x0000000800c03000.run(Unknown Source)
        \tat java.lang.Thread.run(java.base@17.0.15/Thread.java:840)

           Locked ownable synchronizers:
        \t- None

        "session-pump-12" #22 daemon prio=5 waiting on condition  [0x00007f01]
           java.lang.Thread.State: WAITING (parking)
        \tat jdk.internal.misc.Unsafe.park(java.base@17.0.15/Native Method)
        \tat java.util.concurrent.locks.LockSupport.park(java.base@17.0.15/LockSupport.java:341)
        \tat org.acme.Chat.pump(Chat.java:71)
        \tat org.acme.Chat$$Lambda$15/0x0000000800c03200.run(Unknown Source)
        \tat java.lang.Thread.run(java.base@17.0.15/Thread.java:840)

        "VM Thread" os_prio=0 cpu=1.20ms elapsed=10.32s tid=0x00007f nid=0x35 runnable
        """

    @Test("threads of one name and stack are alike; the JVM's own are none")
    func threads() throws {
        var snapshot = CauseSnapshot()
        snapshot.add(javaThreads: Self.text)
        #expect(snapshot.counted.count == 2)
        let pump = try #require(snapshot.counted.keys.first { $0.what == "thread session-pump-#" })
        #expect(snapshot.counted[pump] == Tally(2))
        #expect(
            pump.site.map(\.description) == [
                "jdk.internal.misc.Unsafe.park", "java.util.concurrent.locks.LockSupport.park LockSupport.java:341",
                "org.acme.Chat.pump Chat.java:71", "org.acme.Chat$$Lambda.run", "java.lang.Thread.run Thread.java:840",
            ])
        #expect(pump.site[2].location?.file == "org/acme/Chat.java")
        var cause = Cause(.thread, pump.what, countsPerConnection: [1, 1])
        cause.site = pump.site
        #expect(cause.location?.description == "Chat.java:71")
    }

    @Test(
        "a name keeps what does not differ from one thread to the next",
        arguments: [
            ("session-pump-12", "session-pump-#"), ("http-nio-127.0.0.1-8080-exec-3", "http-nio-#.#.#.#-#-exec-#"),
            ("worker 3f2a9c0d", "worker #"), ("Thread-0", "Thread-#"), ("deadbeef", "deadbeef"), ("a1b", "a#b"),
            ("", ""),
        ])
    func names(name: String, text: String) {
        #expect(CauseSignature.withoutNumbers(name[...]) == text)
    }
}
