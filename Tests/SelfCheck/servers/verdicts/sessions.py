"""An echo server that keeps a session of each connection after its end: sessions.py PORT KIND SECONDS [leak|timer|beat].

KIND is `descriptor`, or the bytes that a session takes. After SECONDS it is dropped, unless it leaks: by a sweeper, or with
`timer` by a timer of its own. With `beat` such a timer is set anew for ever, and nothing is dropped.
"""

import asyncio
import os
import sys
import time
from collections import deque

import wire

port, kind, seconds, way = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), "".join(sys.argv[4:])
sessions = deque()


def drop(session):
    if way == "beat":
        asyncio.get_running_loop().call_later(seconds, drop, session)
    elif kind == "descriptor":
        os.close(session)


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
        if not self.is_waiting and way != "leak":
            self.is_waiting = True
            asyncio.get_running_loop().call_later(0.1, self.sweep)


sweeper = Sweeper()


class Keeping(wire.Peer):
    def lost(self):
        session = wire.descriptor() if kind == "descriptor" else wire.block(int(kind))
        if way in ("timer", "beat"):
            asyncio.get_running_loop().call_later(seconds, drop, session)
            return
        sessions.append((time.monotonic() + seconds, session))
        sweeper.start()


wire.serve(Keeping, port)
