/// What a user can do about a problem.
///
/// A library says which remedy helps, and never how it is asked for: that is a matter of whoever faces the user, who words each
/// for an interface of its own.
public enum Remedy: Hashable, Sendable, Codable {
    /// What reads the same whoever faces the user, such as what to do outside of Watertight: an imperative in words, without a
    /// full stop.
    case outside(String)

    // MARK: The live heap

    /// Not to read the live heap.
    case goWithoutHeap
    /// To read the live heap by another probe.
    case chooseProbe
    /// To name the page of a Go program's heap profile.
    case nameGoPage
    /// To read what was named as a page or a command of the user's as the heap profile of a Go program, if it is one.
    case readGoProfile
    /// To name the page with the statistics of the program's own allocator.
    case nameAllocatorPage
    /// To read the allocators of a process from outside.
    case readFromOutside
    /// To read the live heap by this shell command, once something was done, in words.
    case readByCommand(String, onceDone: String)
    /// To read the live heap from a page of the server's, which answers with what an expression gives.
    case readByPage(of: String)
    /// To start the server with its inspector open, and to read that.
    case startInspected

    // MARK: The target

    /// To give the command that starts the server, so that it is started for this.
    case giveCommand
    /// To name the process that was not found.
    case nameProcess
    /// To name the server's own process in place of one that has no part in its connections; these listen.
    case nameServer(listening: [Int32])
    /// To name the process that starts a server which restarts itself.
    case nameStarter
    /// To check these processes, which run already; the one that was meant where there are none.
    case checkRunning([Int32])
    /// To name the port that the command uses, to let it use the one that was chosen, and to give it more time to start.
    case giveTimeToStart

    // MARK: What is asked of the target

    /// To name another path.
    case correctPath
    /// To show credentials; or an `Origin` that the target lets in.
    case showCredentials(orOrigin: Bool)
    /// To make another request: with a subprotocol, header fields, a query or a path.
    case changeRequest
    /// To make fewer connections at a time.
    case lowerConcurrency
    /// To give a slow target more time, or more connections at a time.
    case giveMoreTime
    /// To look at all that is said while one connection is opened.
    case traceOpening
}
