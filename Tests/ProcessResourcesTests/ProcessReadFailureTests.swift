import Glibc
import Testing

@testable import ProcessResources

@Suite("Failures")
struct ProcessReadFailureTests {
    @Test(
        "the number and what became of the process decide",
        arguments: [
            (EACCES, .alive, .notPermitted(pid: 7, file: "fd")),
            (EPERM, .alive, .notPermitted(pid: 7, file: "fd")),
            (EACCES, .zombie, .zombie(pid: 7)),
            (EACCES, .gone, .exited(pid: 7)),
            (ESRCH, .gone, .exited(pid: 7)),
            (ENOENT, .gone, .exited(pid: 7)),
            (ESRCH, .zombie, .zombie(pid: 7)),
            (ESRCH, .alive, .unreadable(pid: 7, file: "fd", errno: ESRCH)),
            (EIO, .alive, .unreadable(pid: 7, file: "fd", errno: EIO)),
            (EMFILE, .gone, .unreadable(pid: 7, file: "fd", errno: EMFILE)),
            (ENFILE, .alive, .unreadable(pid: 7, file: "fd", errno: ENFILE)),
        ] as [(Int32, ProcessReadFailure.Condition, ProcessReadFailure)])
    func mapping(number: Int32, condition: ProcessReadFailure.Condition, failure: ProcessReadFailure) {
        #expect(ProcessReadFailure(pid: 7, file: "fd", errno: number, condition: condition) == failure)
    }

    @Test(
        "a description says what to do",
        arguments: [
            (.noSuchProcess(pid: 7), "PID namespace"),
            (.exited(pid: 7), "process 7 has exited"),
            (.zombie(pid: 7), "has not waited for it"),
            (.notPermitted(pid: 7, file: "smaps_rollup"), "run as the same user"),
            (.unreadable(pid: 7, file: "fd", errno: EMFILE), "ulimit -n"),
            (.unreadable(pid: 7, file: "fd", errno: EIO), "Input/output error"),
            (.malformed(pid: 7, file: "stat", detail: "no state"), "no state"),
        ] as [(ProcessReadFailure, String)])
    func descriptions(failure: ProcessReadFailure, part: String) {
        #expect(failure.description.contains(part))
        #expect(failure.description.contains("7"))
    }
}
