"""What every foreign client exchanges with `watertight serve`, whatever its interface looks like.

A client's file in `peers/` adapts its library to this shape and calls `main(adapter)`:

    adapter.version                                   the library's version
    await adapter.connect(url, subprotocols=())       a connection, the opening handshake done; raises Refused
    connection.subprotocol                            the one that was agreed on, or None
    connection.extensions                             those that were agreed on, as the field's value, or ""
    await connection.send(message)                    str as text, bytes as binary
    await connection.receive()                        str or bytes; raises Closed once the peer's Close is there
    await connection.close(code, reason)              sends Close, returns the code of the answer

Every opening handshake carries the origin ORIGIN, and offers permessage-deflate if the library can. An adapter that has
to be set up and ended is an asynchronous context manager. What not every library can do, an adapter announces with an
attribute that is true; an exchange that needs what an adapter does not have is not done:

    deflates                  it offers permessage-deflate
    chooses_windows           await adapter.connect(url, window_bits=9)   … with windows of that size on both sides
    sends_fragments           await connection.send_fragments(parts)      one message in so many frames
    pings                     await connection.ping(payload)              returns when the Pong with it is there
    counts_bytes              await connection.bytes_on_the_wire()        so many sent, so many received until now
    closes_with_any_code      await connection.close(1001, reason)        which a page cannot

The peer talks to the driver in lines of JSON, and is answered on stdin:

    {"version": …, "exchanges": [NAMES]}              first
    {"serve": [OPTIONS]}                              wants a server with these options; the answer is its URL
    {"end": URL}                                      wants this server to be ended; no answer
    {"exchange": NAME, "problem": …, "seconds": …}    the end of an exchange; no problem is null

The driver makes a row of every exchange and has the last word. The exchanges themselves are in plain_exchanges.py and
compressed_exchanges.py.
"""

import asyncio
import importlib
import json
import os
import socket
import struct
import sys
import time
import traceback
from contextlib import AsyncExitStack

LIMIT = 30
"""Seconds for one exchange."""

SIZES = [0, 1, 125, 126, 65535, 65536, 1 << 20]

LARGEST = 2 << 20
"""The largest message that the driver tells the server to accept."""

ORIGIN = "http://page.test"


class Closed(Exception):
    """The peer's Close frame, or the end without one (code 1006)."""

    def __init__(self, code, reason=""):
        super().__init__(f"closed with {code} {reason!r}")
        self.code = code
        self.reason = reason


class Refused(Exception):
    """The opening handshake was answered with a status other than 101."""

    def __init__(self, status):
        super().__init__(f"refused with {status}")
        self.status = status


EXCHANGES = []

CATALOGUE = ("plain_exchanges", "compressed_exchanges")


def exchange(name, needs="", serve=()):
    """Registers what to do with a server that has the options `serve`, by an adapter that has all that it `needs`."""
    def register(function):
        EXCHANGES.append((name, needs.split(), list(serve), function))
        return function
    return register


async def echoed(connection, message):
    await connection.send(message)
    expect(message, await connection.receive())


async def leave(connection):
    expect(1000, await connection.close(1000, ""))


def expect(wanted, found):
    if wanted != found or type(wanted) is not type(found):
        raise AssertionError(f"expected {abridged(wanted)}, found {abridged(found)}")


def abridged(value):
    text = repr(value)
    if len(text) <= 80:
        return text
    return f"{text[:60]}… ({type(value).__name__} of length {len(value)})"


def bytes_of(connected):
    """How many bytes a TCP socket has sent that were acknowledged, and how many it has received."""
    # tcpi_bytes_acked and tcpi_bytes_received of linux/tcp.h.
    return struct.unpack_from("QQ", connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 136), 120)


def tell(**fields):
    print(json.dumps(fields), flush=True)


async def served(options):
    """The URL of a server with these options."""
    tell(serve=options)
    url = (await asyncio.to_thread(sys.stdin.readline)).strip()
    if not url:
        raise AssertionError("there is no such server")
    return url


async def run(adapter, only):
    async with AsyncExitStack() as stack:
        if hasattr(adapter, "__aenter__"):
            await stack.enter_async_context(adapter)
        chosen = [(name, serve, function) for name, needs, serve, function in EXCHANGES
                  if all(getattr(adapter, need, False) for need in needs) and only in name]
        tell(version=adapter.version, exchanges=[name for name, *_ in chosen])
        for name, serve, function in chosen:
            start = time.monotonic()
            problem = None
            try:
                url = await served(serve)
                await asyncio.wait_for(function(adapter, url), LIMIT)
            except asyncio.TimeoutError:
                problem = f"not done within {LIMIT} s"
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
                if not isinstance(error, AssertionError):
                    traceback.print_exc()
            tell(exchange=name, problem=problem, seconds=time.monotonic() - start)


def main(adapter, catalogue=CATALOGUE):
    """Runs every exchange of these modules that the adapter can do:  PEER [ONLY]"""
    for name in catalogue:
        importlib.import_module(name)
    asyncio.run(run(adapter, sys.argv[1] if len(sys.argv) > 1 else ""))
    # A library's thread that hangs must not keep the peer alive.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
