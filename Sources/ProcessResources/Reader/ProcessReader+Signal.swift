import CLinux
import Glibc
package import SystemCalls

extension ProcessReader {
    /// Sends a signal to the process, and to no other that has its number since (`pidfd_send_signal(2)`).
    ///
    /// - Throws: `SystemCallError`: `ESRCH` where it is gone, `EPERM` where this user may not.
    package func signal(_ number: Int32) throws(SystemCallError) {
        if clinux_signal_process(directory.rawValue, number) == 0 { return }
        let error = SystemCallError(.pidfdSendSignal)
        guard error.errno == ENOSYS else { throw error }
        // Before Linux 5.1 there is the number alone.
        guard isAlive else { throw SystemCallError(.kill, errno: ESRCH) }
        if kill(pid, number) != 0 { throw SystemCallError(.kill) }
    }
}
