import Testing

@testable import HeapProbes

@Suite("Recorded outputs")
struct RecordedOutputTests {
    @Test("the last line of a class histogram")
    func histogram() {
        let text = """
            4764:
             num     #instances         #bytes  class name (module)
            -------------------------------------------------------
               1:          8196        1348392  [B (java.base@17.0.15)
             189:             1             16  sun.net.www.protocol.jar.Handler (java.base@17.0.15)
            Total         24280        2081584
            """
        #expect(JavaMachine.totalBytes(text) == 2_081_584)
        #expect(JavaMachine.totalBytes("4764:\njava.lang.Exception: Total collapse\n") == nil)
    }
}
