"""An echo server that keeps a session of each connection after its end: sessions.py PORT KIND SECONDS [leak].

KIND is `descriptor`, or the bytes that a session takes. After SECONDS it is dropped, unless it leaks.
"""

import asyncio
import os
import sys
import time
from collections import deque

import wire

port, kind, seconds, leaks = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.argv[4:] == ["leak"]
sessions = deque()


class Sweeper:
    """Drops the sessions whose time has come, and comes again while there are more."""

    is_waiting = False

    def sweep(self):
        while sessions and sessions[0][0] <= time.monotonic():
            _, session = sessions.popleft()
            if kind == "descriptor":
                os.close(session)
        self.is_waiting = bool(sessions)
        if sessions:
            asyncio.get_running_loop().call_later(0.1, self.sweep)

    def start(self):
        if not self.is_waiting and not leaks:
            self.is_waiting = True
            asyncio.get_running_loop().call_later(0.1, self.sweep)


sweeper = Sweeper()


class Keeping(wire.Peer):
    def lost(self):
        session = wire.descriptor() if kind == "descriptor" else wire.block(int(kind))
        sessions.append((time.monotonic() + seconds, session))
        sweeper.start()


wire.serve(Keeping, port)
