"""Conversations about permessage-deflate (conversations.py)."""

import random
import tempfile

from conversations import conversation, expect, expect_closed, expect_end, expect_line, expect_lines
from plain_conversations import echo_lines, many


def compressed_conversation(name, is_agreed=True):
    """Registers a conversation that is had without context takeover and with it."""
    def register(function):
        for mode in ["on", "takeover"]:
            def converse(connect, server, mode=mode):
                function(lambda path, *options: connect(path, "--compression", mode, *options), server)
            conversation(f"--compression {mode}: {name}", [mode] if is_agreed else [])(converse)
        return function
    return register


@conversation("--compression on: agreed on", needs=["on"])
def without_takeover(connect, server):
    # What the client asks of the server must be in the answer, what it promises need not (RFC 7692, section 7.1.1).
    if "server_no_context_takeover" not in agreed_parameters(connect, server, "on"):
        raise AssertionError("the server may refer to earlier messages")


@conversation("--compression takeover: agreed on", needs=["takeover"])
def with_takeover(connect, server):
    for parameter in agreed_parameters(connect, server, "takeover"):
        if "no_context_takeover" in parameter:
            raise AssertionError(f"{parameter} was not asked for")


def agreed_parameters(connect, server, mode):
    with connect("/about", "--compression", mode) as client:
        expect_line(client, "extensions")
        name, *parameters = (word.strip() for word in client.output[-1].removeprefix("extensions").split(";"))
        expect("permessage-deflate", name)
        client.end_input()
        expect_end(client, 0)
    expect_closed(server, "closed 1000 ")
    return parameters


@compressed_conversation("lines of every kind are echoed")
def compressed_lines(connect, server):
    dice = random.Random(7692)
    texts = ["", "a", "short", "zwei äöü €🦺 " * 1000, "a" * 1_000_000, dice.randbytes(300_000).hex()]
    for number in range(100):
        size = dice.choice([1, 63, 64, 65, 1000, 1024, 40_000])
        texts.append(dice.choice(["ž" * size, "a" * size, "".join(dice.choices("abcdefgh 🦺", k=size))]))
    echo_lines(connect, server, [*texts, "last"])


@compressed_conversation("2000 similar lines in a pipe")
def compressed_pipe(connect, server):
    many(connect, server)


@compressed_conversation("a random file as binary")
def compressed_file(connect, server):
    content = random.Random(7692).randbytes(1_000_000)
    with tempfile.NamedTemporaryFile() as file, connect("/echo") as client:
        file.write(content)
        file.flush()
        client.write(f"/binary {file.name}\n")
        expect_line(client, "[")
        expect([f"[1000000 binary bytes] {content[:64].hex(' ')} …"], client.output)
        client.end_input()
        expect_end(client, 0)
    expect_closed(server, "closed 1000 ")


@compressed_conversation("few bytes for a long line")
def few_bytes(connect, server):
    expect_bytes(connect, server, "/count", ["0123456789" * 10_000], most=10_000)


@conversation("--compression takeover: few bytes for similar lines", needs=["takeover"])
def few_bytes_with_takeover(connect, server):
    def connect_with_takeover(path):
        return connect(path, "--compression", "takeover")

    lines = [f"tick {number}, instrument watertight preferred, the exchange around the corner" for number in range(200)]
    expect_bytes(connect_with_takeover, server, "/count", lines, most=sum(map(len, lines)) // 3)


@conversation("--compression off: all bytes of a long line", needs=["takeover"])
def all_bytes(connect, server):
    expect_bytes(connect, server, "/count", ["0123456789" * 10_000], least=100_000)


@compressed_conversation("declined, it goes on without", is_agreed=False)
def declined(connect, server):
    with connect("/about/uncompressed") as client:
        expect_line(client, "extensions")
        expect("extensions none", client.output[-1])
        client.write("a" * 100_000 + "\nlast\n")
        expect_line(client, "last")
        expect(["a" * 100_000, "last"], client.output[3:])
        client.end_input()
        expect_end(client, 0)
    expect_closed(server, "closed 1000 ")
    expect_bytes(connect, server, "/count/uncompressed", ["0123456789" * 10_000], least=100_000)


def expect_bytes(connect, server, path, texts, least=0, most=1 << 30):
    """Sends the texts and looks at how many bytes have arrived then, with the opening handshake."""
    with connect(path) as client:
        client.write("".join(text + "\n" for text in texts))
        expect_lines(client, len(texts))
        client.end_input()
        expect_end(client, 0)
        received = int(client.output[-1].removeprefix("received "))
        if not least <= received <= most:
            raise AssertionError(f"{received} bytes for {sum(map(len, texts))} of text, not {least} to {most}")
    expect_closed(server, "closed 1000 ")
