import Glibc

/// A system call that failed: which one, and the number the kernel gave.
public struct SystemCallError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The calls this package makes, spelled as POSIX and Linux do.
    public enum Call: String, Hashable, Sendable {
        case accept4, bind, close, connect, epollCreate = "epoll_create1", epollControl = "epoll_ctl",
            epollWait = "epoll_wait", eventfd, execve, fdopendir, fork, fstatat, getpeername, getrandom, getsockname,
            getsockopt, kill, listen, memfdCreate = "memfd_create", mkdir, openat,
            pidfdSendSignal = "pidfd_send_signal",
            pipe2, posixSpawn = "posix_spawn", pread,
            pthreadCreate = "pthread_create", ptrace, read, readdir, readlinkat, recv, send, sendmsg, setsockopt,
            shutdown, socket, write
    }

    /// The call that failed.
    public var call: Call
    /// The error number, as in `errno(3)`.
    public var errno: Int32

    /// An error for `call` with the calling thread's present `errno`.
    public init(_ call: Call) {
        self.init(call, errno: Glibc.errno)
    }

    /// An error for `call` with the given number.
    public init(_ call: Call, errno: Int32) {
        self.call = call
        self.errno = errno
    }

    /// The call, what went wrong, and what to do if that is known.
    public var description: String {
        "\(call.rawValue): \(String(cString: strerror(errno))) (errno \(errno))\(advice)"
    }

    /// Whether every local port of the address is taken.
    public var isOutOfPorts: Bool { errno == EADDRNOTAVAIL }

    private var advice: String {
        switch errno {
        case EMFILE: "; raise the limit of open files (ulimit -n) or use fewer connections"
        case ENFILE: "; the whole machine is out of descriptors (fs.file-max)"
        case EADDRINUSE: "; another process listens there: choose another port, or 0 for a free one"
        case EADDRNOTAVAIL:
            call == .bind
                ? "; the host is not an address of this machine" : "; no free local port is left: use fewer connections"
        case EACCES where call == .bind: "; ports below 1024 need privileges: choose a higher one"
        case ECONNREFUSED: "; nothing listens there: start the server, or correct the URL"
        default: ""
        }
    }
}
