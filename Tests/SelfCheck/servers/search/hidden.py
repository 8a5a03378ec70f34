"""A WebSocket server on asyncio alone, with a defect that no lifecycle of the catalogue meets.

    hidden.py PORT DEFECT

ping-in-fragments   keeps 4 KiB for each Ping between two fragments of a message that never ends, after a reset or a FIN
binary-after-text   keeps 4 KiB for each connection whose binary message follows a text message
long-reason         keeps 4 KiB for each Close with a reason of 123 bytes
second-open         keeps 4 KiB for each connection of a user whose other connection is still open
dies                ends with a signal at a Pong that nobody asked for
stalls              accepts and answers nothing any more after such a Pong
spins               uses a processor from such a Pong on
unmasked-reserved   answers such a Pong with a frame that sets a reserved bit
none                has no defect
"""

import asyncio
import base64
import hashlib
import os
import signal
import sys
import threading
import time

DEFECT = sys.argv[2]
KEPT = []
USERS = {}


def keep():
    KEPT.append(bytearray(4096))


class Peer(asyncio.Protocol):
    def __init__(self):
        self.buffer = bytearray()
        self.open = False
        self.fragmented = False
        self.had_text = False
        self.pinged_in_fragments = False
        self.user = None

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, error):
        if self.pinged_in_fragments and self.fragmented:
            keep()
        if self.user is not None:
            USERS[self.user] -= 1
            if not USERS[self.user]:
                del USERS[self.user]

    def data_received(self, data):
        self.buffer += data
        if not self.open and not self.handshake():
            return
        while self.frame():
            pass

    def handshake(self):
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self.buffer) > 65536:
                self.transport.abort()
            return False
        lines = bytes(self.buffer[:end]).split(b"\r\n")
        del self.buffer[:end + 4]
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
        key = fields.get(b"sec-websocket-key", b"")
        if len(key) != 24 or fields.get(b"sec-websocket-version") != b"13" or b"upgrade" not in fields:
            self.transport.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            self.transport.close()
            return False
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        self.transport.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        self.open = True
        path = lines[0].split(b" ")[1]
        if b"user=" in path:
            self.user = path.partition(b"user=")[2]
            USERS[self.user] = USERS.get(self.user, 0) + 1
            if DEFECT == "second-open" and USERS[self.user] > 1:
                keep()
        return True

    def send(self, opcode, payload=b"", first=0x80):
        length = len(payload)
        head = bytes([first | opcode, length]) if length < 126 else bytes([first | opcode, 126]) + length.to_bytes(2, "big")
        self.transport.write(head + payload)

    def fail(self, code):
        self.send(8, code.to_bytes(2, "big"))
        self.transport.close()
        return False

    def frame(self):
        if len(self.buffer) < 6 or self.transport.is_closing():
            return False
        first, second = self.buffer[0], self.buffer[1]
        opcode, final, length, at = first & 15, first & 0x80, second & 127, 2
        if first & 0x70 or opcode not in (0, 1, 2, 8, 9, 10) or not second & 0x80 or (opcode >= 8 and (length > 125 or not final)):
            return self.fail(1002)
        if length == 126:
            length, at = int.from_bytes(self.buffer[2:4], "big"), 4
        elif length == 127:
            length, at = int.from_bytes(self.buffer[2:10], "big"), 10
        if length > 65535:
            return self.fail(1009)
        if len(self.buffer) < at + 4 + length:
            return False
        mask, payload = self.buffer[at:at + 4], self.buffer[at + 4:at + 4 + length]
        del self.buffer[:at + 4 + length]
        payload = bytes(byte ^ mask[index & 3] for index, byte in enumerate(payload)) if any(mask) else bytes(payload)
        return self.took(opcode, final, payload)

    def took(self, opcode, final, payload):
        if opcode == 9:
            self.pinged_in_fragments |= DEFECT == "ping-in-fragments" and self.fragmented
            self.send(10, payload)
        elif opcode == 10:
            self.unasked()
        elif opcode == 8:
            if DEFECT == "long-reason" and len(payload) == 125:
                keep()
            code = int.from_bytes(payload[:2], "big")
            # 1004 to 1006 and 1015 may not be sent, nor what is assigned to nobody (RFC 6455, section 7.4).
            valid = 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999
            self.send(8, payload[:2] if valid else b"" if not payload else (1002).to_bytes(2, "big"))
            self.transport.close()
            return False
        elif (opcode == 0) != self.fragmented:
            return self.fail(1002)
        else:
            if DEFECT == "binary-after-text" and opcode == 2 and self.had_text:
                keep()
            self.had_text |= opcode == 1
            self.fragmented = not final
            if final and opcode:
                try:
                    if opcode == 1:
                        payload.decode()
                except ValueError:
                    return self.fail(1007)
                self.send(opcode, payload)
        return True

    def unasked(self):
        if DEFECT == "dies":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif DEFECT == "stalls":
            time.sleep(3600)
        elif DEFECT == "spins":
            if threading.active_count() == 1:
                threading.Thread(target=spin, daemon=True).start()
        elif DEFECT == "unmasked-reserved":
            self.send(1, b"x", 0xC0)


def spin():
    while True:
        pass


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Peer, "127.0.0.1", int(sys.argv[1]), backlog=1024)
    async with server:
        await server.serve_forever()


asyncio.run(main())
