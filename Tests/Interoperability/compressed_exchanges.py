"""Exchanges about permessage-deflate (exchanges.py)."""

import json
import random

from exchanges import SIZES, echoed, exchange, expect, leave


def compressed_exchange(name, needs="deflates"):
    """Registers an exchange for a server without context takeover and for one with."""
    def register(function):
        for mode in ["on", "takeover"]:
            exchange(f"--compression {mode}: {name}", needs, ["--compression", mode])(function)
        return function
    return register


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
    connection = await adapter.connect(url)
    for number in range(100):
        parts = [tick(number), "", tick(number + 1), "🦺" * number]
        await connection.send_fragments(parts)
        expect("".join(parts), await connection.receive())
    for parts in [[b"\x00\xff" * 40_000, b"", b"\x01"], [random.Random(index).randbytes(10_000) for index in range(9)]]:
        await connection.send_fragments(parts)
        expect(b"".join(parts), await connection.receive())
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
