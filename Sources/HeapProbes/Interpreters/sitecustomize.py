"""Collects garbage when a leak checker asks for it, and says how many blocks are allocated, what holds them, which timers are
set, or who opened files.

CPython imports this at its start, because the checker has put the folder first in PYTHONPATH. It then imports the
sitecustomize that it hides, if there is one. One that runs already executes it at a safe point, because a debugger has asked it
to, with the token among the globals. One thread waits on a Unix socket in the abstract namespace, whose name ends
with the process number; it takes the interpreter only to answer. Nothing of it is patched, held or imported by the
program: it uses the C modules alone, as they are before gevent or eventlet replace anything.
"""
import sys


def _follow(state):
    """Notes the stack that opens each descriptor, by the number that it will get: the lowest that is free, which is tried out."""
    import os

    dup, close, frame_at = os.dup, os.close, sys._getframe
    openers = state["openers"] = {}

    def note(event, arguments):
        if event != "open" and event != "socket.__new__" or state.get("over") is None:
            return
        # What is raised here would keep the program from opening the file.
        try:
            follow(event, frame_at(1))
        except Exception:
            pass

    def follow(event, frame):
        # The socket of a connection that was accepted is open already.
        while frame is not None and frame.f_code.co_name == "__init__":
            frame = frame.f_back
        if frame is None or event != "open" and frame.f_code.co_name == "accept":
            return
        number = dup(state["over"])
        close(number)
        lines = [event]
        while frame is not None and len(lines) < 12:
            code = frame.f_code
            lines.append("%s\t%s\t%d" % (code.co_name, code.co_filename, frame.f_lineno or 0))
            frame = frame.f_back
        openers[number] = "\t".join(lines)

    sys.addaudithook(note)


def _due(timer, monotonic):
    """In how many seconds a timer of an event loop fires; None for one that does not, and for whatever is no timer.

    Known are asyncio's and uvloop's handles, Twisted's calls and eventlet's timers. A loop may have a clock of its own.
    """
    kind = type(timer)
    name = kind.__name__
    if name == "TimerHandle":
        loop = getattr(timer, "_loop", None)
        if timer.cancelled() or not getattr(timer, "_scheduled", True):
            return None
        return timer.when() - (monotonic() if loop is None else loop.time())
    if name == "DelayedCall" and kind.__module__.startswith("twisted."):
        return timer.getTime() - timer.seconds() if timer.active() else None
    if name == "Timer" and kind.__module__ == "eventlet.hubs.timer":
        return None if timer.called else timer.scheduled_time - monotonic()
    return None


def _dues(objects, monotonic):
    """Lines of whole seconds, and how many timers are due within them."""
    counts = {}
    for each in objects:
        try:
            due = _due(each, monotonic)
        except Exception:
            # Whatever has such a name and is something else.
            continue
        if due is not None:
            due = max(0, int(due) + 1)
            counts[due] = counts.get(due, 0) + 1
    return "".join("%d %d\n" % each for each in sorted(counts.items()))


def _original(module, name):
    """What a C module had before gevent or eventlet replaced it."""
    found = getattr(__import__(module), name, None)
    if type(found) is type(len):
        return found
    if "gevent.monkey" in sys.modules:
        return sys.modules["gevent.monkey"].get_original(module, name)
    return getattr(sys.modules["eventlet.patcher"].original(module), name)


def _start(token, stays=None):
    """Begins the agent; one that was taken late stays for so many milliseconds though nobody asks it."""
    import _signal
    import _socket
    import gc
    import os
    from time import monotonic

    make_poll = _original("select", "poll")
    start_thread = _original("_thread", "start_new_thread")
    allocate_lock = _original("_thread", "allocate_lock")
    get_ident = _original("_thread", "get_ident")
    state = {}
    valid = getattr(_signal, "valid_signals", None)
    signals = valid() if valid else range(1, _signal.NSIG)
    try:
        native_id = _original("_thread", "get_native_id")
    except (AttributeError, KeyError):
        native_id = None
    close = os.close
    getpid = os.getpid
    blocks = sys.getallocatedblocks
    collect = gc.collect
    is_enabled = gc.isenabled
    folder = os.path.dirname(os.path.abspath(__file__))

    def causes():
        space = state.get("causes")
        if space is None:
            space = state["causes"] = {}
            with open(os.path.join(folder, "holders.py"), encoding="utf-8") as source:
                exec(compile(source.read(), "holders.py", "exec"), space)
        own = [state, space, state.get("openers")] + list(space.values())
        return space["answer"](set(map(id, own)), get_ident())

    def answer(connection):
        request = connection.recv(16)
        if request == b"openers\n":
            found = sorted(state.get("openers", {}).items())
            lines = ["%d\t%s\n" % each for each in found]
            connection.sendall(("".join(lines) + "\n").encode("utf-8", "replace"))
        if request == b"timers\n":
            connection.sendall(_dues(gc.get_objects(), monotonic).encode())
        if request == b"leave\n" and stays:
            state["left"] = True
            os.write(state["over"], b".")
        if request not in (b"read\n", b"causes\n"):
            return
        # A program that has turned its collector off keeps its cycles: that is what it does when nobody looks.
        if is_enabled():
            for _ in range(3):
                if collect() == 0:
                    break
        if request == b"read\n":
            connection.send(b"blocks %d\n" % blocks())
        else:
            try:
                text = causes()
            except Exception as error:
                text = "failed %s: %s\n" % (type(error).__name__, error)
            connection.sendall(text.encode("utf-8", "replace"))

    def wait(poll):
        """What has come; whoever asked a program to take the agent late may have been killed, so it leaves by itself."""
        found = poll.poll(stays)
        if not found:
            state["left"] = True
        return found or [(state["wake"], 1)]

    def serve(listener, wake, over, lock):
        try:
            if native_id is not None:
                state["thread"] = native_id()
            poll = make_poll()
            poll.register(listener.fileno(), 1)
            poll.register(wake, 1)
            while all(number != wake for number, _ in wait(poll)):
                try:
                    number, _ = listener._accept()
                except OSError:
                    continue
                connection = _socket.socket(fileno=number)
                try:
                    connection.settimeout(1)
                    answer(connection)
                except OSError:
                    pass
                finally:
                    connection.close()
        except Exception:
            pass
        finally:
            if "left" in state:
                drop()
            lock.release()

    def begin():
        if "left" in state:
            return
        try:
            listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
            listener.setblocking(False)
            listener.bind(("\0watertight-%s-%d" % (token, getpid())).encode())
            listener.listen(4)
            wake, over = os.pipe()
            lock = allocate_lock()
            lock.acquire()
            state.update(listener=listener, wake=wake, over=over, lock=lock, pid=getpid())
            # A signal that our thread received would wait for the program's own thread, which it does not wake.
            mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, signals)
            try:
                start_thread(serve, (listener, wake, over, lock))
            finally:
                _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)
        except Exception:
            # A process that lacks descriptors or threads is not probed.
            pass

    def drop():
        for name in ("wake", "over"):
            number = state.pop(name, None)
            if number is not None:
                close(number)
        # The last: as long as it is there, a fork waits for the thread.
        listener = state.pop("listener", None)
        if listener is not None:
            listener.close()

    def end():
        # Before a fork there is but the program's own threads, as the interpreter wants it.
        if "listener" not in state or state["pid"] != getpid():
            return
        try:
            os.write(state["over"], b".")
        except (KeyError, OSError):
            # It leaves already.
            pass
        state["lock"].acquire()
        thread = state.pop("thread", None)
        for _ in range(1000):
            if thread is None or not os.path.exists("/proc/self/task/%d" % thread):
                break
        drop()

    def child():
        drop()
        begin()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=end, after_in_parent=begin, after_in_child=child)
    else:
        fork = os.fork

        def forked():
            end()
            pid = fork()
            begin()
            return pid

        os.fork = forked
    begin()
    if "WATERTIGHT_OPENERS" in os.environ and hasattr(sys, "addaudithook"):
        _follow(state)


def _hidden():
    """Imports the sitecustomize that this one hides."""
    import os

    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    own = sys.modules.pop(__name__, None)
    try:
        __import__("sitecustomize")
    except ImportError as error:
        if getattr(error, "name", "sitecustomize") != "sitecustomize":
            raise
    finally:
        sys.modules.setdefault(__name__, own)


def _main():
    import os

    token = os.environ.get("WATERTIGHT_AGENT")
    if token and sys.version_info >= (3, 6) and sys.implementation.name == "cpython":
        try:
            _start(token)
        except Exception:
            pass


if __name__ == "sitecustomize":
    _main()
    _hidden()
else:
    _start(globals()["token"], globals()["stays"])
