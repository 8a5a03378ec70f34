"""An echo server that pings each second and ends peers that did not answer three times: heartbeat.py PORT [leak].

Where it leaks, the session of a peer that was ended so is not dropped: 4 KiB that only a peer which stays silent for three
seconds costs it.
"""

import asyncio
import sys

import wire

leaks = sys.argv[2:] == ["leak"]
sessions = {}
MOST_MISSED = 2


class Beating(wire.Peer):
    missed = 0
    is_timed_out = False

    def opened(self):
        sessions[id(self)] = wire.block()
        self.timer = asyncio.get_running_loop().call_later(1, self.beat)

    def pong(self):
        self.missed = 0

    def beat(self):
        self.missed += 1
        if self.missed > MOST_MISSED:
            self.is_timed_out = True
            return self.transport.abort()
        self.send(wire.PING)
        self.timer = asyncio.get_running_loop().call_later(1, self.beat)

    def lost(self):
        self.timer.cancel()
        session = sessions.pop(id(self))
        if self.is_timed_out and leaks:
            forgotten.append(session)


forgotten = []
wire.serve(Beating, int(sys.argv[1]))
