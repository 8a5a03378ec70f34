"""Echo servers that end a connection in their own way: odd.py PORT WAY [leak].

- `raises`: the handler raises on the message, and the connection is ended with 1011; the error is kept.
- `abrupt`: TCP is ended on a Close, without an echo of it; the session is kept.
- `takes-all`: 101 is the answer to every request, whatever it asks for; the session is kept.

Without `leak` nothing is kept.
"""

import sys

import wire

port, way, leaks = int(sys.argv[1]), sys.argv[2], sys.argv[3:] == ["leak"]
kept = []


class Failure(Exception):
    pass


class Raising(wire.Peer):
    def message(self, opcode, payload):
        try:
            raise Failure(wire.block())
        except Failure as failure:
            if leaks:
                kept.append(failure.with_traceback(None))
        self.send(wire.CLOSE, (1011).to_bytes(2))
        self.transport.close()


class Abrupt(wire.Peer):
    def closing(self, payload):
        if leaks:
            kept.append(wire.block())
        self.transport.close()


class TakingAll(wire.Peer):
    takes_all = True

    def opened(self):
        if leaks:
            kept.append(wire.block())


wire.serve({"raises": Raising, "abrupt": Abrupt, "takes-all": TakingAll}[way], port)
