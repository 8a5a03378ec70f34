"""A WebSocket echo server over TLS that ends connections in its own way: secure.py PORT CERTIFICATE [LEAK] [AMOUNT].

What LEAK makes it forget, or wait for:

- `hello`: the socket of a peer that ends TCP within the TLS handshake.
- `refuse`: the socket of a peer with whom the handshake fails.
- `session`: AMOUNT bytes for each handshake that fails or is not completed.
- `only`: the socket of a peer that ends TCP before it requests anything.
- `notify`: waits for the FIN of a peer that has sent close_notify.
- `unanswered`: waits for the close_notify of a peer after both Close frames.
- `record`: the socket of a peer that ends TCP in the middle of a record.
- `resumed`: AMOUNT bytes for each session that is resumed.
- `cached`: AMOUNT bytes for each session without a ticket.
- `stall`: shakes hands in the loop that accepts.

Without LEAK it keeps nothing. Sessions of TLS 1.2 without tickets are kept by OpenSSL, 20,480 of them.
"""

import base64
import hashlib
import os
import select
import socket
import ssl
import sys

PORT, CERTIFICATE = int(sys.argv[1]), sys.argv[2]
LEAK = sys.argv[3] if len(sys.argv) > 3 else None
AMOUNT = int(sys.argv[4]) if len(sys.argv) > 4 else 0
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CLOSE, PING, PONG = 8, 9, 10
kept = []

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE)
poller = select.epoll()
peers = {}


def keep_bytes():
    if AMOUNT:
        kept.append(b"x" * AMOUNT)


class Peer:
    """One connection: the handshake, the request, frames."""

    def __init__(self, plain):
        plain.setblocking(LEAK == "stall")
        self.socket = context.wrap_socket(
            plain, server_side=True, do_handshake_on_connect=LEAK == "stall", suppress_ragged_eofs=False)
        self.socket.setblocking(False)
        self.isSecured = self.isOpen = self.isOver = False
        self.input, self.output = b"", b""
        peers[self.socket.fileno()] = self
        poller.register(self.socket.fileno(), select.EPOLLIN)

    def end(self, forget=False):
        """Closes the socket, unless it is forgotten."""
        number = self.socket.fileno()
        poller.unregister(number)
        del peers[number]
        if forget:
            # The descriptor alone, without what Python keeps beside it.
            kept.append(os.dup(number))
        self.socket.close()

    def ready(self, events):
        if self.isOver:
            if events & (select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR):
                self.end()
            return
        try:
            self.proceed()
        except ssl.SSLWantReadError:
            poller.modify(self.socket.fileno(), select.EPOLLIN)
        except ssl.SSLWantWriteError:
            poller.modify(self.socket.fileno(), select.EPOLLIN | select.EPOLLOUT)
        except (ssl.SSLEOFError, ConnectionError) as failure:
            self.ended(failure)
        except ssl.SSLError as failure:
            self.failed(failure)

    def ended(self, failure):
        """The peer has ended TCP."""
        if not self.isSecured:
            if LEAK == "session":
                keep_bytes()
            return self.end(LEAK == "hello")
        self.end(LEAK == "only" and not self.isOpen or LEAK == "record" and self.isOpen)

    def failed(self, failure):
        """TLS has failed."""
        if not self.isSecured:
            if LEAK == "session":
                keep_bytes()
            return self.end(LEAK == "refuse")
        self.end()

    def proceed(self):
        if not self.isSecured:
            self.socket.do_handshake()
            self.secured()
        self.flush()
        while True:
            data = self.socket.recv(1 << 16)
            if not data:
                return self.notified()
            self.input += data
            if not self.take():
                return

    def secured(self):
        self.isSecured = True
        if LEAK == "resumed" and self.socket.session_reused:
            keep_bytes()
        if LEAK == "cached" and self.socket.version() == "TLSv1.2":
            keep_bytes()

    def notified(self):
        """The peer has sent close_notify."""
        if LEAK == "notify":
            self.await_end()
        else:
            self.end()

    def await_end(self):
        self.isOver = True
        poller.modify(self.socket.fileno(), select.EPOLLRDHUP)

    def flush(self):
        while self.output:
            self.output = self.output[self.socket.send(self.output):]

    def send(self, opcode, payload):
        length = bytes([len(payload)]) if len(payload) < 126 else bytes([126]) + len(payload).to_bytes(2)
        self.output += bytes([0x80 | opcode]) + length + payload

    def take(self):
        """Takes what has come; whether more may."""
        if not self.isOpen:
            if b"\r\n\r\n" not in self.input:
                return True
            head, self.input = self.input.split(b"\r\n\r\n", 1)
            self.answer(head)
        while self.isOpen and (frame := self.frame()):
            opcode, payload = frame
            if opcode == CLOSE:
                return self.closed(payload)
            self.send(PONG if opcode == PING else opcode, payload)
        self.flush()
        return True

    def answer(self, head):
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        key = {name.lower(): value for name, value in fields.items()}.get(b"sec-websocket-key", b"")
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        self.output += (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        self.isOpen = True

    def frame(self):
        """The next whole frame; None where none is."""
        if len(self.input) < 2:
            return None
        length, at = self.input[1] & 127, 2
        if length == 126:
            length, at = int.from_bytes(self.input[2:4]), 4
        if len(self.input) < at + 4 + length:
            return None
        key, masked = self.input[at:at + 4], self.input[at + 4:at + 4 + length]
        opcode, self.input = self.input[0] & 15, self.input[at + 4 + length:]
        return opcode, bytes(byte ^ key[index % 4] for index, byte in enumerate(masked))

    def closed(self, payload):
        """Both Close frames are exchanged: the server ends TLS and TCP, and waits for nobody."""
        self.send(CLOSE, payload)
        self.flush()
        try:
            self.socket.unwrap()
        except (ssl.SSLError, OSError):
            pass
        if LEAK == "unanswered":
            self.await_end()
        else:
            self.end()
        return False


listener = socket.create_server(("127.0.0.1", PORT), backlog=512)
listener.setblocking(False)
poller.register(listener.fileno(), select.EPOLLIN)
while True:
    for number, events in poller.poll():
        if number in peers:
            peers[number].ready(events)
            continue
        try:
            while True:
                Peer(listener.accept()[0])
        except (BlockingIOError, ConnectionError, ssl.SSLError):
            continue
