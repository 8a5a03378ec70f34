"""What every foreign client exchanges with `watertight serve`, whatever its interface looks like.

A client's file in `peers/` adapts its library to this shape and calls `main(adapter)`:

    adapter.version                                   the library's version
    await adapter.connect(url, subprotocols=())       a connection, the opening handshake done
    connection.subprotocol                            the one that was agreed on, or None
    await connection.send(message)                    str as text, bytes as binary
    await connection.send_fragments(parts)            one message in so many frames; absent where it cannot be done
    await connection.receive()                        str or bytes; raises Closed once the peer's Close is there
    await connection.ping(payload)                    returns when the Pong with that payload is there
    await connection.close(code, reason)              sends Close, returns the code of the answer

Each exchange becomes one line of JSON on stdout. The driver reads them and has the last word.
"""

import asyncio
import json
import sys
import time
import traceback

LIMIT = 30
"""Seconds for one exchange."""

SIZES = [0, 1, 125, 126, 65535, 65536, 1 << 20]

LARGEST = 2 << 20
"""The largest message that the driver tells the server to accept."""

NON_ASCII = ["Grüße", "žluťoučký kůň", "Ωμέγα", "日本語", "𝄞🦺", "\u0000\ufeff\uffff", "ß" * 70_000]


class Closed(Exception):
    """The peer's Close frame, or the end without one (code 1006)."""

    def __init__(self, code, reason=""):
        super().__init__(f"closed with {code} {reason!r}")
        self.code = code
        self.reason = reason


EXCHANGES = []


def exchange(name, needs=None):
    def register(function):
        EXCHANGES.append((name, needs, function))
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


@exchange("fragmented text and binary", needs="send_fragments")
async def fragmented(adapter, url):
    connection = await adapter.connect(url)
    texts = [["frag", "", "mented ", "žlu", "🦺"], ["", "late"]]
    binaries = [[b"\x00\xff" * 40_000, b"", b"\x01"], [b"a"] * 100]
    for parts in texts + binaries:
        await connection.send_fragments(parts)
        expect(type(parts[0])().join(parts), await connection.receive())
    await leave(connection)


@exchange("ping and pong")
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
    for code, reason in [(1000, ""), (1001, "zurück"), (3000, "registered"), (4999, "r" * 123)]:
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


# The last one: there is no server afterwards.
@exchange("server's close code: 1001 when it ends")
async def server_ends(adapter, url):
    connection = await adapter.connect(url)
    await echoed(connection, "hello")
    tell(ask="end the server")
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


def tell(**fields):
    print(json.dumps(fields), flush=True)


async def run(adapter, url, only):
    chosen = [(name, function) for name, needs, function in EXCHANGES
              if (needs is None or hasattr(adapter, needs)) and only in name]
    tell(version=adapter.version, exchanges=[name for name, _ in chosen])
    for name, function in chosen:
        start = time.monotonic()
        problem = None
        try:
            await asyncio.wait_for(function(adapter, url), LIMIT)
        except asyncio.TimeoutError:
            problem = f"not done within {LIMIT} s"
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            if not isinstance(error, AssertionError):
                traceback.print_exc()
        tell(exchange=name, problem=problem, seconds=time.monotonic() - start)


def main(adapter):
    """Runs every exchange that the adapter can do:  PEER URL [ONLY]"""
    asyncio.run(run(adapter, sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""))
    # A library's thread that hangs must not keep the peer alive.
    sys.stdout.flush()
    sys.stderr.flush()
    import os
    os._exit(0)
