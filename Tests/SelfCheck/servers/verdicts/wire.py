"""The wire of a WebSocket echo server, for the servers beside it: each overrides what it does in its own way."""

import asyncio
import base64
import hashlib
import os
import sys

BYTES = 4096
"""What a server of these keeps of a connection."""

CLOSE, PING, PONG = 8, 9, 10


def block(size=BYTES):
    """An object for which the allocator takes `size` bytes, with the header of its block."""
    return bytes(size - sys.getsizeof(b"") - 8)


def frame(opcode, payload=b""):
    length = len(payload)
    size = bytes([length]) if length < 126 else b"\x7e" + length.to_bytes(2) if length < 65536 else (
        b"\x7f" + length.to_bytes(8))
    return bytes([0x80 | opcode]) + size + payload


def answer(head, takes_all=False):
    """The answer to a request for a WebSocket; None where it is none."""
    keys = [line[18:].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:")]
    if not keys and not takes_all:
        return None
    digest = hashlib.sha1((keys[0] if keys else b"") + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + base64.b64encode(digest) + b"\r\n\r\n")


class Peer(asyncio.Protocol):
    """One connection, echoed."""

    takes_all = False
    """Whether a request that is none for a WebSocket is taken for one."""

    def __init__(self):
        self.waiting = b""
        self.is_open = False

    def opened(self):
        """The handshake is complete."""

    def message(self, opcode, payload):
        self.send(opcode, payload)

    def pong(self):
        """An answer to a Ping has come."""

    def closing(self, payload):
        """A Close has come."""
        self.send(CLOSE, payload)
        self.transport.close()

    def lost(self):
        """The connection is over, where it was open."""

    def send(self, opcode, payload=b""):
        self.transport.write(frame(opcode, payload))

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, problem):
        if self.is_open:
            self.lost()

    def data_received(self, received):
        self.waiting += received
        if not self.is_open:
            if b"\r\n\r\n" not in self.waiting:
                return
            head, self.waiting = self.waiting.split(b"\r\n\r\n", 1)
            self._answer(head)
        while self.is_open and not self.transport.is_closing() and self._take():
            pass

    def _answer(self, head):
        accepted = answer(head, self.takes_all)
        if accepted is None:
            self.transport.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            return self.transport.close()
        self.transport.write(accepted)
        self.is_open = True
        self.opened()

    def _take(self):
        """Takes a frame that has arrived whole; whether there was one."""
        if len(self.waiting) < 2:
            return False
        opcode, length, head = self.waiting[0] & 15, self.waiting[1] & 127, 2
        if length > 125:
            head = 4 if length == 126 else 10
            length = int.from_bytes(self.waiting[2:head])
        if len(self.waiting) < head + 4 + length:
            return False
        mask, masked = self.waiting[head:head + 4], self.waiting[head + 4:head + 4 + length]
        self.waiting = self.waiting[head + 4 + length:]
        pad = (mask * (length // 4 + 1))[:length]
        payload = (int.from_bytes(masked) ^ int.from_bytes(pad)).to_bytes(length)
        if opcode == CLOSE:
            self.closing(payload)
        elif opcode == PING:
            self.send(PONG, payload)
        elif opcode == PONG:
            self.pong()
        else:
            self.message(opcode, payload)
        return True


def descriptor():
    return os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)


def serve(peer, port):
    async def run():
        server = await asyncio.get_running_loop().create_server(peer, "127.0.0.1", port, backlog=1024)
        await server.serve_forever()
    asyncio.run(run())
