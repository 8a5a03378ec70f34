"""A master that listens and hands each connection to a worker, as several application servers do:
handoff.py PORT MOST BYTES DESCRIPTORS

The worker keeps BYTES and DESCRIPTORS of each connection, and is replaced after MOST of them, unless MOST is 0.
"""

import asyncio
import os
import signal
import socket
import sys

import wire

port, most, size, descriptors = map(int, sys.argv[1:5])
kept = []


class Keeping(wire.Peer):
    def opened(self):
        kept.extend(wire.descriptor() for _ in range(descriptors))
        if size:
            kept.append(wire.block(size))


async def serve_handed(channel):
    """The connections that come through the channel, until that ends."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def receive():
        _, numbers, _, _ = socket.recv_fds(channel, 1, 1)
        if not numbers:
            loop.remove_reader(channel)
            # For the connections that are open still.
            return loop.call_later(0.5, ended.set)
        peer = socket.socket(fileno=numbers[0])
        peer.setblocking(False)
        loop.create_task(loop.connect_accepted_socket(Keeping, peer))

    loop.add_reader(channel, receive)
    await ended.wait()


def worker(listener):
    """A new process that serves what it is handed; the master's end of its channel."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        listener.close()
        ours.close()
        asyncio.run(serve_handed(theirs))
        os._exit(0)
    theirs.close()
    return ours


listener = socket.create_server(("127.0.0.1", port), backlog=1024)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
channel, given = worker(listener), 0
while True:
    peer, _ = listener.accept()
    if most and given == most:
        channel.close()
        channel, given = worker(listener), 0
    socket.send_fds(channel, [b"."], [peer.fileno()])
    peer.close()
    given += 1
