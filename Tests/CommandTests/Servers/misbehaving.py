"""An echo server that misbehaves on request: misbehaving.py PORT FAULT [NUMBER].

With port 0 it prints the port it got. NUMBER is of connections, for `touchy` of those that send nothing; for `slow` and
`forks` of seconds, for `proxy` the server's port.
"""

import asyncio, base64, hashlib, os, signal, socket, struct, sys

port, fault = int(sys.argv[1]), sys.argv[2]
number = float(sys.argv[3]) if len(sys.argv) > 3 else 0
accepted = silent = 0
kept = []


class Peer(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.bytes, self.opened, self.mute = transport, b"", False, False
        self.mute = fault == "mute" and accepted > number
        if fault == "reset":
            transport.abort()

    def connection_lost(self, problem):
        global silent
        silent += not self.bytes and not self.opened
        if fault == "touchy" and silent >= number:
            os._exit(3)

    def data_received(self, received):
        if self.mute:
            return
        if fault == "tls":
            # An alert, as a TLS server answers a ClientHello it does not like; nothing to anybody else.
            self.transport.write(bytes.fromhex("15030300020228") if received[0] == 0x16 else b"")
            return self.transport.close()
        self.bytes += received
        if not self.opened:
            if b"\r\n\r\n" not in self.bytes:
                return
            head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
            return self.answer(head)
        self.read()

    def answer(self, head):
        if fault in ("200", "401"):
            reason = {"200": "OK", "401": "Unauthorized"}[fault]
            body = f"HTTP/1.1 {fault} {reason}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            self.transport.write(body.encode())
            return self.transport.close()
        if fault == "slow":
            return asyncio.get_running_loop().call_later(number, self.upgrade, head)
        self.upgrade(head)

    def upgrade(self, head):
        key = [line.split(b":", 1)[1].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:")]
        if not key:
            return self.transport.close()
        digest = hashlib.sha1(key[0] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            + base64.b64encode(digest) + b"\r\n\r\n")
        self.opened = True
        self.read()

    def read(self):
        """Echoes the short frames that have arrived."""
        while len(self.bytes) >= 6 and len(self.bytes) >= 6 + (self.bytes[1] & 127):
            length, mask = self.bytes[1] & 127, self.bytes[2:6]
            payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(self.bytes[6:6 + length]))
            first, self.bytes = self.bytes[0], self.bytes[6 + length:]
            opcode = {9: 10}.get(first & 15, first & 15)
            self.transport.write(bytes([128 | opcode, length]) + payload)
            if opcode == 8:
                self.transport.close()


def accept(loop, listener):
    global accepted
    try:
        peer, _ = listener.accept()
    except OSError:
        return
    accepted += 1
    if accepted == number:
        if fault == "exit":
            print("out of coffee", file=sys.stderr, flush=True)
            os._exit(3)
        if fault == "segv":
            signal.signal(signal.SIGSEGV, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGSEGV)
        if fault == "replace":
            # Another process goes on with the same listening socket.
            if os.fork():
                os._exit(0)
        if fault in ("deaf", "nap"):
            loop.remove_reader(listener.fileno())
        if fault == "nap":
            loop.call_later(7, loop.add_reader, listener.fileno(), accept, loop, listener)
    if fault == "leak":
        kept.append(os.dup(peer.fileno()))
    peer.setblocking(False)
    loop.create_task(loop.connect_accepted_socket(Peer, peer))


async def relay(reader, writer):
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
    except ConnectionError:
        pass
    writer.close()


async def forward(reader, writer):
    backend = await asyncio.open_connection("127.0.0.1", int(number))
    await asyncio.gather(relay(reader, backend[1]), relay(backend[0], writer))


async def serve(listener):
    if fault == "proxy":
        return await (await asyncio.start_server(forward, sock=listener)).serve_forever()
    loop = asyncio.get_running_loop()
    loop.add_reader(listener.fileno(), accept, loop, listener)
    await asyncio.Event().wait()


async def serve_one(peer):
    """One connection, in a process of its own that lingers."""
    peer.setblocking(False)
    transport, _ = await asyncio.get_running_loop().connect_accepted_socket(Peer, peer)
    while not transport.is_closing():
        await asyncio.sleep(0.01)
    await asyncio.sleep(number)


def fork_for_each():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        peer, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            asyncio.run(serve_one(peer))
            os._exit(0)
        peer.close()


async def serve_handed(channel):
    """The connections that come through a channel, until that ends."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def receive():
        _, numbers, _, _ = socket.recv_fds(channel, 1, 1)
        if not numbers:
            loop.remove_reader(channel)
            return loop.call_later(0.1, ended.set)
        peer = socket.socket(fileno=numbers[0])
        peer.setblocking(False)
        loop.create_task(loop.connect_accepted_socket(Peer, peer))

    loop.add_reader(channel, receive)
    await ended.wait()


def worker():
    """A new process that serves what it is handed; the master's end of its channel."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        listener.close()
        ours.close()
        asyncio.run(serve_handed(theirs))
        os._exit(0)
    theirs.close()
    return ours


def hand_out():
    """Hands each connection to a worker, and replaces that after NUMBER of them, unless NUMBER is 0."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    channel, given = worker(), 0
    while True:
        peer, _ = listener.accept()
        if number and given >= number:
            channel.close()
            channel, given = worker(), 0
        socket.send_fds(channel, [b"."], [peer.fileno()])
        peer.close()
        given += 1


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen(128)
if port == 0:
    print(listener.getsockname()[1], flush=True)
if fault == "forks":
    fork_for_each()
if fault == "handoff":
    hand_out()
listener.setblocking(False)
if fault == "workers":
    # The supervisor starts another worker for each that ends after NUMBER connections.
    fault = "exit"
    while os.fork():
        os.wait()
asyncio.run(serve(listener))
