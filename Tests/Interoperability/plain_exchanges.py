"""Exchanges that every server must be good for, compressed or not, and its options (exchanges.py)."""

import asyncio

from exchanges import LARGEST, ORIGIN, SIZES, Closed, Refused, echoed, exchange, expect, leave, tell

NON_ASCII = ["Grüße", "žluťoučký kůň", "Ωμέγα", "日本語", "𝄞🦺", "\u0000\ufeff\uffff", "ß" * 70_000]


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


# Options that no other exchange has: a server of its own.
@exchange("server's close code: 1001 when it ends", serve=["--shutdown-limit", "4s"])
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
