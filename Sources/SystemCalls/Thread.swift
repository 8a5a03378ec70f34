import CLinux
import Glibc

/// A POSIX thread that runs one closure.
public struct Thread: ~Copyable, Sendable {
    private let handle: pthread_t

    private final class Body {
        let name: String
        let run: () -> Void
        init(name: String, run: @escaping () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts a thread; it must be joined.
    public init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemCallError) {
        handle = try Self.start(name: name, body)
    }

    /// Starts a detached thread.
    public static func detach(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemCallError) {
        pthread_detach(try start(name: name, body))
    }

    /// The outcome of `body`, which may block, on a thread of its own; throws if no thread can be started.
    public static func run<Value: Sendable, Failure: Error>(
        _ name: String, _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(SystemCallError) -> Result<Value, Failure> {
        let outcome: Result<Result<Value, Failure>, SystemCallError> = await withCheckedContinuation { continuation in
            do throws(SystemCallError) {
                try detach(name: name) {
                    continuation.resume(returning: .success(Result { () throws(Failure) in try body() }))
                }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        return try outcome.get()
    }

    /// Waits until the thread has ended, and releases it.
    public consuming func join() {
        pthread_join(handle, nil)
    }

    private static func start(
        name: String, _ body: @escaping @Sendable () -> Void
    ) throws(SystemCallError) -> pthread_t {
        var handle = pthread_t()
        let argument = Unmanaged.passRetained(Body(name: name, run: body))
        let code = pthread_create(
            &handle, nil,
            { argument in
                let body = Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue()
                pthread_setname_np(pthread_self(), String(body.name.prefix(15)))
                body.run()
                return nil
            }, argument.toOpaque())
        guard code == 0 else {
            argument.release()
            throw SystemCallError(.pthreadCreate, errno: code)
        }
        return handle
    }
}
