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
attribute of that name; an exchange that needs what an adapter does not have is not done:

    deflates = True                                   permessage-deflate
    await adapter.connect(url, window_bits=9)         … with windows of that size for both sides
    await connection.send_fragments(parts)            one message in so many frames
    await connection.ping(payload)                    returns when the Pong with that payload is there
    await connection.bytes_on_the_wire()              how many were sent and how many received until now
    closes_with_any_code = True                       not just 1000 and 3000 to 4999, as a browser

The peer talks to the driver in lines of JSON, and is answered on stdin:

    {"version": …, "exchanges": [NAMES]}              first
    {"serve": [OPTIONS]}                              wants a server with these options; the answer is its URL
    {"end": URL}                                      wants this server to be ended; no answer
    {"exchange": NAME, "problem": …, "seconds": …}    the end of an exchange; no problem is null

The driver makes a row of every exchange and has the last word.
"""

import asyncio
import json
import os
import random
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

NON_ASCII = ["Grüße", "žluťoučký kůň", "Ωμέγα", "日本語", "𝄞🦺", "\u0000\ufeff\uffff", "ß" * 70_000]


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


def exchange(name, needs="", serve=()):
    """Registers what to do with a server that has the options `serve`, by an adapter that has all that it `needs`."""
    def register(function):
        EXCHANGES.append((name, needs.split(), list(serve), function))
        return function
    return register


def compressed_exchange(name, needs="deflates"):
    """Registers an exchange for a server without context takeover and for one with."""
    def register(function):
        for mode in ["on", "takeover"]:
            exchange(f"--compression {mode}: {name}", needs, ["--compression", mode])(function)
        return function
    return register


@exchange("text of 0 to 1 MiB")
async def text(adapter, url):
    connection = await adapter.connect(url)
    for size in SIZES:
        await echoed(connection, ("0123456789" * (size // 10 + 1))[:size])
    await leave(connection)


@exchange("binary of 0 to 1 MiB")
async def binary(adapter, url):
    connection = await adapter.connect(url)
    for size in SIZES:
        await echoed(connection, (bytes(range(256)) * (size // 256 + 1))[:size])
    await leave(connection)


@exchange("text that is not ASCII")
async def non_ascii(adapter, url):
    connection = await adapter.connect(url)
    for message in NON_ASCII:
        await echoed(connection, message)
    await leave(connection)


@exchange("200 messages before the first reply is read")
async def pipelined(adapter, url):
    connection = await adapter.connect(url)
    messages = [f"message {number}" for number in range(200)]
    for message in messages:
        await connection.send(message)
    for message in messages:
        expect(message, await connection.receive())
    await leave(connection)


@exchange("fragmented text and binary", needs="sends_fragments")
async def fragmented(adapter, url):
    connection = await adapter.connect(url)
    texts = [["frag", "", "mented ", "žlu", "🦺"], ["", "late"]]
    binaries = [[b"\x00\xff" * 40_000, b"", b"\x01"], [b"a"] * 100]
    for parts in texts + binaries:
        await connection.send_fragments(parts)
        expect(type(parts[0])().join(parts), await connection.receive())
    await leave(connection)


@exchange("ping and pong", needs="pings")
async def ping(adapter, url):
    connection = await adapter.connect(url)
    for payload in [b"are you there", b"x" * 125]:
        await connection.ping(payload)
    await echoed(connection, "still here")
    await leave(connection)


@exchange("subprotocol: the server's is chosen")
async def subprotocol(adapter, url):
    connection = await adapter.connect(url, ["superchat", "chat"])
    expect("chat", connection.subprotocol)
    await leave(connection)


@exchange("subprotocol: none offered, none chosen")
async def no_subprotocol(adapter, url):
    connection = await adapter.connect(url)
    expect(None, connection.subprotocol)
    await leave(connection)


@exchange("client's close code and reason")
async def close_by_client(adapter, url):
    for code, reason in [(1000, ""), (1000, "zurück"), (3000, "registered"), (4999, "r" * 123)]:
        await closed_by_client(adapter, url, code, reason)


@exchange("client's close code 1001", needs="closes_with_any_code")
async def going_away(adapter, url):
    await closed_by_client(adapter, url, 1001, "zurück")


async def closed_by_client(adapter, url, code, reason):
    connection = await adapter.connect(url)
    await echoed(connection, "hello")
    expect(code, await connection.close(code, reason))


@exchange("20 connections at once")
async def concurrent(adapter, url):
    connections = await asyncio.gather(*(adapter.connect(url) for _ in range(20)))

    async def converse(number, connection):
        for turn in range(10):
            await echoed(connection, f"connection {number}, turn {turn}")
        await leave(connection)

    await asyncio.gather(*(converse(*pair) for pair in enumerate(connections)))


@exchange("server's close code: 1009 for too large a message")
async def too_large(adapter, url):
    connection = await adapter.connect(url)
    try:
        await connection.send(b"\x00" * (LARGEST + 1))
        await connection.receive()
    except Closed as closed:
        expect(1009, closed.code)
    else:
        raise AssertionError("a message beyond the limit was echoed")


@exchange("--allow-origin: the client's is accepted",
          serve=["--allow-origin", "http://other.test", "--allow-origin", ORIGIN])
async def origin_allowed(adapter, url):
    connection = await adapter.connect(url)
    await echoed(connection, "hello")
    await leave(connection)


@exchange("--allow-origin: the client's gets 403", serve=["--allow-origin", "http://other.test"])
async def origin_refused(adapter, url):
    try:
        await adapter.connect(url)
    except Refused as refused:
        expect(403, refused.status)
    else:
        raise AssertionError("the server accepted another origin than the allowed one")


@exchange("--compression on: agreed on", needs="deflates", serve=["--compression", "on"])
async def without_takeover(adapter, url):
    await agreed(adapter, url, ["client_no_context_takeover", "permessage-deflate", "server_no_context_takeover"])


@exchange("--compression takeover: agreed on", needs="deflates", serve=["--compression", "takeover"])
async def with_takeover(adapter, url):
    await agreed(adapter, url, ["permessage-deflate"])


async def agreed(adapter, url, elements):
    connection = await adapter.connect(url)
    expect(elements, sorted(word.strip() for word in connection.extensions.split(";")))
    await leave(connection)


@compressed_exchange("text of 0 to 1 MiB")
async def compressible(adapter, url):
    connection = await adapter.connect(url)
    for size in SIZES:
        await echoed(connection, "".join(f"line {number} of many\n" for number in range(size // 15 + 1))[:size])
    await leave(connection)


@compressed_exchange("random binary of 0 to 1 MiB")
async def incompressible(adapter, url):
    connection = await adapter.connect(url)
    for size in SIZES:
        await echoed(connection, random.Random(size).randbytes(size))
    await leave(connection)


@compressed_exchange("500 similar messages")
async def similar(adapter, url):
    connection = await adapter.connect(url)
    for number in range(500):
        await echoed(connection, tick(number))
    await leave(connection)


@compressed_exchange("random messages of every kind")
async def mixture(adapter, url):
    connection = await adapter.connect(url)
    dice = random.Random(7692)
    for _ in range(100):
        size = dice.choice([0, 1, 63, 64, 65, 1000, 1024, 40_000])
        await echoed(connection, dice.choice([
            lambda: "ž" * size, lambda: "a" * size, lambda: bytes(size), lambda: dice.randbytes(size),
            lambda: "".join(dice.choices("abcdefgh 🦺", k=size)),
        ])())
    await leave(connection)


@compressed_exchange("fragmented text and binary", needs="deflates sends_fragments")
async def fragmented_and_compressed(adapter, url):
    await fragmented(adapter, url)
    connection = await adapter.connect(url)
    for number in range(100):
        parts = [tick(number), "", tick(number + 1), "🦺" * number]
        await connection.send_fragments(parts)
        expect("".join(parts), await connection.receive())
    await leave(connection)


@compressed_exchange("few bytes for long text", needs="deflates counts_bytes")
async def few_bytes(adapter, url):
    connection = await adapter.connect(url)
    sent, received = await bytes_for(connection, ["0123456789" * 10_000])
    if max(sent, received) > 10_000:
        raise AssertionError(f"{sent} bytes sent and {received} received for a message of 100000")
    await leave(connection)


@exchange("--compression takeover: few bytes for similar messages",
          needs="deflates counts_bytes", serve=["--compression", "takeover"])
async def few_bytes_with_takeover(adapter, url):
    connection = await adapter.connect(url)
    ticks = [tick(number) for number in range(100)]
    sent, received = await bytes_for(connection, ticks)
    if max(sent, received) > sum(map(len, ticks)) / 4:
        raise AssertionError(f"{sent} bytes sent and {received} received for {sum(map(len, ticks))} of text")
    await leave(connection)


@exchange("--compression takeover: windows of 9 bits",
          needs="deflates chooses_windows", serve=["--compression", "takeover"])
async def small_windows(adapter, url):
    connection = await adapter.connect(url, window_bits=9)
    found = sorted(word.strip() for word in connection.extensions.split(";"))
    if "server_max_window_bits=9" not in found:
        raise AssertionError(f"agreed on {found}")
    # An inflater refuses what lies further back than its window once its output takes more than one buffer.
    for size in [300, 100_000]:
        part = random.Random(size).randbytes(size).hex()
        await echoed(connection, part * 2)
        await echoed(connection, part)
    await leave(connection)


@exchange("--compression off: uncompressed echo", needs="deflates", serve=["--compression", "off"])
async def declined(adapter, url):
    connection = await adapter.connect(url)
    expect("", connection.extensions)
    for size in SIZES:
        await echoed(connection, "a" * size)
        await echoed(connection, bytes(size))
    await leave(connection)


@exchange("--compression off: all bytes of long text",
          needs="deflates counts_bytes", serve=["--compression", "off"])
async def all_bytes(adapter, url):
    connection = await adapter.connect(url)
    sent, received = await bytes_for(connection, ["0123456789" * 10_000])
    if min(sent, received) < 100_000:
        raise AssertionError(f"{sent} bytes sent and {received} received for a message of 100000")
    await leave(connection)


async def bytes_for(connection, messages):
    """How many bytes the messages and their echoes took."""
    sent, received = await connection.bytes_on_the_wire()
    for message in messages:
        await echoed(connection, message)
    sent_now, received_now = await connection.bytes_on_the_wire()
    return sent_now - sent, received_now - received


def tick(number):
    """One of many messages that are alike."""
    return json.dumps({"event": "tick", "number": number, "instrument": "watertight, preferred",
                       "bid": number * 37 % 101, "ask": number * 53 % 103, "venue": "the exchange around the corner"})


# The last one: there is no such server afterwards.
@exchange("server's close code: 1001 when it ends")
async def server_ends(adapter, url):
    connection = await adapter.connect(url)
    await echoed(connection, "hello")
    tell(end=url)
    try:
        await connection.receive()
    except Closed as closed:
        expect(1001, closed.code)
    else:
        raise AssertionError("a message came in place of a Close")


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


def main(adapter):
    """Runs every exchange that the adapter can do:  PEER [ONLY]"""
    asyncio.run(run(adapter, sys.argv[1] if len(sys.argv) > 1 else ""))
    # A library's thread that hangs must not keep the peer alive.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
