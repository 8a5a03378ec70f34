"""Leaks that an echo server commits on purpose, each after connections that went a certain way.

KIND@LIFECYCLE[:EVERY][~SECONDS], as `memory=64@fin`, `descriptor@any:10`, `memory=1024@any~30`:

- KIND is memory=BYTES, descriptor, thread, timer, task, or session, an entry of a map; session=MAX keeps the latest MAX
  only, which is no leak.
- LIFECYCLE is clean-close, bare-tcp, fin, reset, vanish-handshake, protocol-error, or any.
- EVERY leaks at every so many of them only.
- SECONDS gives memory and descriptors back after so long, which is no leak either.

BYTES is what the interpreter's allocator takes for the object: 16 is an `object()`, more is a `bytes` that is shorter
by its header. The list that holds it has its room beforehand.
"""

import asyncio
import os
import re
import secrets
import sys
import threading
import time
from collections import deque

LIFECYCLES = ["clean-close", "bare-tcp", "fin", "reset", "vanish-handshake", "protocol-error", "any"]
PATTERN = re.compile(
    r"(?:(memory)=(\d+)|(descriptor|thread|timer|task)|(session)(?:=(\d+))?)@([a-z-]+)(?::(\d+))?(?:~(\d+(?:\.\d+)?))?")
ROOM = 2_000_000
DAY = 86_400


class Planter:
    """Commits the leaks of a server's `--plant` arguments, on its loop."""

    def __init__(self, texts):
        self._leaks = [Leak(text) for text in texts]

    def ended(self, lifecycle):
        for leak in self._leaks:
            if leak.lifecycle in ("any", lifecycle):
                leak.commit()


class Leak:
    def __init__(self, text):
        match = PATTERN.fullmatch(text)
        if match is None or match[6] not in LIFECYCLES:
            sys.exit(f'--plant is KIND@LIFECYCLE[:EVERY][~SECONDS], not "{text}"')
        self._kind = match[1] or match[3] or match[4]
        self._bytes = int(match[2] or 0)
        self._maximum = int(match[5]) if match[5] else None
        self.lifecycle = match[6]
        self._every = int(match[7] or 1)
        self._seconds = float(match[8]) if match[8] else None
        if self._seconds is not None and self._kind not in ("memory", "descriptor"):
            sys.exit(f"--plant {text}: only memory and descriptors are given back after a while")
        self._count = 0
        self._kept = [None] * ROOM
        self._number = 0
        self._sessions = {}
        self._due = deque()
        self._sweeper = None

    def commit(self):
        self._count += 1
        if self._count % self._every == 0:
            getattr(self, f"_{self._kind}")()

    def _memory(self):
        self._keep(object() if self._bytes <= 16 else bytes(self._bytes - block_header(self._bytes)))

    def _descriptor(self):
        self._keep(os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC))

    def _thread(self):
        threading.Thread(target=threading.Event().wait, daemon=True).start()

    def _timer(self):
        self._keep(asyncio.get_running_loop().call_later(DAY, nothing))

    def _task(self):
        self._keep(asyncio.get_running_loop().create_task(never()))

    def _session(self):
        self._number += 1
        self._sessions[self._number] = {"token": secrets.token_hex(16), "seen": time.monotonic()}
        if self._maximum is not None:
            self._sessions.pop(self._number - self._maximum, None)

    def _keep(self, thing):
        if self._seconds is not None:
            self._due.append((time.monotonic() + self._seconds, thing))
            if self._sweeper is None:
                self._sweeper = asyncio.get_running_loop().call_later(self._seconds, self._sweep)
        elif self._number < ROOM:
            self._kept[self._number] = thing
            self._number += 1
        else:
            self._kept.append(thing)

    def _sweep(self):
        """Gives back what has been kept long enough, and comes again while there is more."""
        while self._due and self._due[0][0] <= time.monotonic():
            _, thing = self._due.popleft()
            if self._kind == "descriptor":
                os.close(thing)
        self._sweeper = asyncio.get_running_loop().call_later(0.1, self._sweep) if self._due else None


def block_header(size):
    """What a `bytes` object takes beside its bytes; beyond 512 it has a block of malloc, with a header of its own."""
    return sys.getsizeof(b"") + (8 if size > 512 else 0)


def nothing():
    pass


async def never():
    await asyncio.get_running_loop().create_future()


class Course:
    """Which way a connection goes, seen from the server."""

    def __init__(self, planter):
        self._planter = planter
        self.received = 0
        self.messages = 0
        self.is_clean = False
        self.is_failed = False
        self._is_in_handler = False
        self._is_lost = False
        self._error = None

    def enter(self):
        """A handler will say how it went; the connection counts as ended when it has left, too."""
        self._is_in_handler = True

    def leave(self):
        self._is_in_handler = False
        self._end()

    def lost(self, error):
        self._is_lost = True
        self._error = error
        self._end()

    def _end(self):
        if self._is_lost and not self._is_in_handler:
            self._planter.ended(self._lifecycle())

    def _lifecycle(self):
        if self.received == 0:
            return "bare-tcp"
        if self.is_clean:
            return "clean-close"
        if self.is_failed:
            return "protocol-error"
        if self.messages == 0:
            return "vanish-handshake"
        return "fin" if self._error is None else "reset"


def observed(protocol, planter):
    """A class of asyncio protocols that tells each connection's course."""

    class Observed(protocol):
        def connection_made(self, transport):
            self.course = Course(planter)
            super().connection_made(transport)

        def data_received(self, data):
            self.course.received += len(data)
            super().data_received(data)

        def connection_lost(self, error):
            super().connection_lost(error)
            self.course.lost(error)

    return Observed
