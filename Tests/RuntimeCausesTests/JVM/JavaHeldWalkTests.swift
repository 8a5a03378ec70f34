import Testing

@testable import Causes
@testable import RuntimeCauses

@Suite("Who holds the objects of a Java heap")
struct JavaHeldWalkTests {
    @Test("tables and entries are parts of a map, whose bytes are those of what they hold")
    func map() throws {
        #expect(
            try DumpBytes.map().lines() == [
                "Chat.SESSIONS: HashMap 1 64", "Chat.SESSIONS: HashMap > []: String 6 336",
                "Chat.SESSIONS: HashMap > []: Session 6 336",
            ])
    }

    @Test("a listener is known as the lambda of its class, and what it captures by name")
    func lambdas() throws {
        var dump = DumpBytes()
        let list = dump.later()
        _ = dump.type("Echo", statics: [("LISTENERS", list)])
        let session = dump.type("Echo$Session")
        let elements = (0..<4).map { number in
            let lambda = dump.type("Echo$$Lambda$\(number)+0x0000000800c0300\(number)", fields: ["arg$1"])
            return dump.object(lambda, [dump.object(session)])
        }
        let array = dump.array(dump.type("[Ljava/lang/Object;"), elements)
        dump.object(dump.type("java/util/ArrayList", fields: ["elementData"]), [array], id: list)
        #expect(
            try dump.lines() == [
                "Echo.LISTENERS: ArrayList 1 56", "Echo.LISTENERS: ArrayList > []: Echo$$Lambda 4 96",
                "Echo.LISTENERS: ArrayList > []: Echo$$Lambda > .arg$1: Session 4 64",
            ])
    }

    @Test("locals are charged to their thread, and a thread of the program's own is not held by others")
    func threads() throws {
        var dump = DumpBytes()
        let group = dump.later()
        let thread = dump.type("java/lang/Thread", fields: ["group"])
        let queue = dump.type("org/acme/Queue")
        let threads = (1...4).map { number in
            let object = dump.object(thread, [group])
            dump.root(8, object, thread: UInt32(number))
            dump.root(3, dump.object(queue), thread: UInt32(number))
            return object
        }
        let array = dump.array(dump.type("[Ljava/lang/Thread;"), threads)
        dump.object(dump.type("java/lang/ThreadGroup", fields: ["threads"]), [array], id: group)
        _ = dump.type("org/acme/Chat", statics: [("first", threads[0])])
        #expect(try dump.lines() == ["thread: Thread 3 72", "thread: Thread > local: Queue 3 48"])
    }

    @Test("what a reference does not keep is not held; what native code keeps is")
    func references() throws {
        var dump = DumpBytes()
        let reference = dump.type("java/lang/ref/Reference", fields: ["referent", "queue", "discovered"])
        let weak = dump.type("java/lang/ref/WeakReference", parent: reference)
        let user = dump.type("org/acme/User")
        let kept = dump.type("org/acme/Kept")
        for _ in 0..<3 { dump.root(1, dump.object(weak, [dump.object(user), dump.object(kept), dump.object(user)])) }
        #expect(try dump.lines() == ["JNI: WeakReference 3 96", "JNI: WeakReference > .queue: Kept 3 48"])
    }

    @Test("the program's own variables come first, then those of its libraries")
    func order() throws {
        var dump = DumpBytes()
        let (box, object) = (dump.type("org/acme/Box", fields: ["object"]), dump.type("org/acme/Item"))
        let items = (0..<3).map { _ in dump.object(object) }
        let array = dump.array(dump.type("[Lorg/acme/Item;"), items)
        _ = dump.type("java/util/Cache", statics: [("all", array)])
        _ = dump.type("org/apache/Cache", statics: [("all", array)])
        _ = dump.type("org/acme/Cache", statics: [("<init_lock>", array), ("boxes", dump.object(box, [array]))])
        #expect(
            try dump.lines() == [
                "Cache.boxes: Box 1 24", "Cache.boxes: Box > .object: Item[] 1 32",
                "Cache.boxes: Box > .object: Item[] > []: Item 3 48",
            ])
    }

    @Test(
        "types are named as programs name them",
        arguments: [
            ("java/util/Map$Entry", "Entry"), ("[Lorg/acme/Chat;", "Chat[]"), ("[[I", "int[][]"), ("Echo$1", "Echo$1"),
            ("org/acme/Echo$Rooms$$Lambda$7/0x00ab", "Rooms$$Lambda"), ("Echo$$Lambda+0x7f", "Echo$$Lambda"), ("", ""),
            ("Outer$Inner$2", "Inner$2"), ("Hidden+0x0000123", "Hidden"),
        ])
    func names(name: String, type: String) {
        #expect(JavaLabels.typeName(name) == type)
    }
}
