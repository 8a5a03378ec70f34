"""Processes that a test starts: each leads a group of its own, each wait has a limit, each is ended."""

import atexit
import ctypes
import io
import os
import signal
import subprocess
import sys
import threading
import time

END_LIMIT = 5
"""Seconds between SIGTERM and SIGKILL."""

_running = set()


class Child:
    """A started program, its output kept line by line; ended when the block that uses it is left."""

    def __init__(self, command, environment=None, wants_input=False):
        self.command = command
        self.output = []
        self.errors = []
        self._changed = threading.Condition()
        self._open_streams = 2
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE if wants_input else subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**os.environ, **(environment or {})}, start_new_session=True, bufsize=0,
        )
        _running.add(self)
        for stream, lines in [(self._process.stdout, self.output), (self._process.stderr, self.errors)]:
            threading.Thread(target=self._read, args=(stream, lines), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    @property
    def pid(self):
        return self._process.pid

    @property
    def returncode(self):
        """How it ended; None while it runs. It is not reaped before `end`: until then nobody else is given its number."""
        if self._process.returncode is not None:
            return self._process.returncode
        try:
            outcome = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return self._process.poll()
        if outcome is None:
            return None
        return outcome.si_status if outcome.si_code == os.CLD_EXITED else -outcome.si_status

    @property
    def output_text(self):
        return "\n".join(self.output)

    @property
    def errors_text(self):
        return "\n".join(self.errors)

    def line(self, starting="", within=20, after=0):
        """The first line of output past the first `after` ones that starts so; None when none came in time."""
        deadline = time.monotonic() + within
        with self._changed:
            while True:
                for text in self.output[after:]:
                    if text.startswith(starting):
                        return text
                left = deadline - time.monotonic()
                if left <= 0 or self._open_streams == 0:
                    return None
                self._changed.wait(left)

    def write(self, text):
        """Writes to its standard input; what a program that has ended does not take is dropped."""
        try:
            self._process.stdin.write(text.encode())
        except BrokenPipeError:
            pass

    def end_input(self):
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass

    def signal(self, number):
        if self.returncode is None:
            os.kill(self.pid, number)

    def wait(self, within):
        """The exit code, with all output read; None when it still runs after `within` seconds."""
        deadline = time.monotonic() + within
        code = self._ended(deadline)
        if code is None:
            return None
        with self._changed:
            while self._open_streams and time.monotonic() < deadline:
                self._changed.wait(0.1)
        return code

    def stacks(self):
        """What its threads are at, as far as gdb can see; for one that should have ended."""
        words = ["gdb", "-p", str(self.pid), "-batch", "-nx", "-ex", "set debuginfod enabled off",
                 "-ex", "thread apply all backtrace 24"]
        try:
            result = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=60)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"no stacks: {error}"
        return "\n".join(line[:240] for line in result.stdout.splitlines() if line.startswith(("Thread", "#")))

    def _ended(self, deadline):
        """How it ended, waited for; None when it still runs at `deadline`."""
        pause = 0.001
        while (code := self.returncode) is None and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(0.05, 2 * pause)
        return code

    def end(self):
        """SIGTERM, then SIGKILL to its whole group."""
        if self._process.returncode is not None:
            return
        if self.returncode is None:
            self.signal(signal.SIGTERM)
            self._ended(time.monotonic() + END_LIMIT)
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        try:
            self._process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            pass
        _running.discard(self)

    def _read(self, stream, lines):
        # Unbuffered, a line would be read byte by byte.
        for line in io.BufferedReader(stream):
            with self._changed:
                lines.append(line.decode(errors="replace").rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._open_streams -= 1
            self._changed.notify_all()


def end_all():
    """Ends what other threads still wait for, so that they return."""
    for child in list(_running):
        child.signal(signal.SIGTERM)
    for child in list(_running):
        child.end()


def adopt_orphans():
    """Makes this process the parent of whatever its descendants leave behind, and ends that at exit.

    A program under test that dies cannot end what it started; those processes have groups of their own.
    """
    PR_SET_CHILD_SUBREAPER = 36
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    atexit.register(end_children)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))


def end_children():
    # Ending a child may hand over its children, so look again until there are none.
    for _ in range(20):
        children = _children()
        if not children:
            return
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            try:
                os.waitpid(pid, 0)
            except ChildProcessError:
                pass


def _children():
    children = []
    for task in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{task}/children") as file:
                children += [int(word) for word in file.read().split()]
        except OSError:
            pass
    return children
