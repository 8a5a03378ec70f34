"""What `watertight connect` exchanges with every foreign server, as a program in a pipe.

A server's file in `peers/` prints `listening PORT VERSION` when it does, takes a free port of 127.0.0.1, agrees on
the subprotocol `chat`, prints `closed CODE REASON` when a connection has ended (the code and reason received, 1006
without a Close), and behaves by path:

    /echo            sends every message back
    /goodbye/CODE    answers the first message with a Close of that code, "that is all"
    /about           sends `subprotocol NAME`, `field VALUE`, the value of X-Probe, and `extensions VALUE`, what its
                     answer to the upgrade said or `none`; then echoes
    /count           answers every message with `received N`, how many bytes have come on the wire until now
    /refuse/STATUS   answers the opening handshake with that status

It agrees on permessage-deflate when offered with the modes that its comments name, unless the path ends with
/uncompressed.

An inspector's file prints `listening PORT VERSION PATH`, where a debugger can connect: it answers questions in JSON, one
a message, as DevTools ask them.
"""

import json
import random
import signal
import tempfile

LIMIT = 15
"""Seconds that `connect` may take for anything."""

UNREACHABLE = 69
"""No connection, or the upgrade was refused."""

BROKEN = 2
"""The connection ended without a closing handshake."""

CONVERSATIONS = []

INSPECTIONS = []


def conversation(name, needs=()):
    """Registers what to do with every server that agrees on compression in all the modes that it `needs`."""
    def register(function):
        CONVERSATIONS.append((name, set(needs), function))
        return function
    return register


def inspection(name):
    """Registers what to do with every inspector; its connect() takes what comes after the path."""
    def register(function):
        INSPECTIONS.append((name, set(), function))
        return function
    return register


def compressed_conversation(name, is_agreed=True):
    """Registers a conversation that is had without context takeover and with it."""
    def register(function):
        for mode in ["on", "takeover"]:
            def converse(connect, server, mode=mode):
                function(lambda path, *options: connect(path, "--compression", mode, *options), server)
            conversation(f"--compression {mode}: {name}", [mode] if is_agreed else [])(converse)
        return function
    return register


@conversation("lines are echoed, /close with code and reason")
def lines(connect, server):
    echo_lines(connect, server, ["one", "zwei äöü €🦺", "", "x" * 70_000, "last"])


def echo_lines(connect, server, texts):
    """The last of the texts must be none of the others' beginning."""
    with connect("/echo") as client:
        for text in texts:
            client.write(text + "\n")
        expect_line(client, texts[-1])
        expect(texts, client.output)
        client.write("/close 4000 done\n")
        expect_end(client, 0)
        expect(texts, client.output)
    expect_closed(server, "closed 4000 done")


@conversation("echo hi | connect")
def pipe(connect, server):
    with connect("/echo") as client:
        client.write("hi\n")
        client.end_input()
        expect_end(client, 0)
        expect(["hi"], client.output)
    expect_closed(server, "closed 1000 ")


@conversation("2000 lines in a pipe")
def many(connect, server):
    texts = [f"line {number}" for number in range(2000)]
    with connect("/echo") as client:
        client.write("\n".join(texts) + "\n")
        client.end_input()
        expect_end(client, 0)
        expect(texts, client.output)
    expect_closed(server, "closed 1000 ")


@conversation("no input at all")
def silence(connect, server):
    with connect("/echo") as client:
        client.end_input()
        expect_end(client, 0)
        expect([], client.output)
    expect_closed(server, "closed 1000 ")


@conversation("the server closes with 1000 and a reason")
def goodbye(connect, server):
    closed_by_server(connect, 1000, exit_code=0)


@conversation("the server closes with 1001 and a reason")
def going_away(connect, server):
    closed_by_server(connect, 1001, exit_code=0)


@conversation("the server closes with 4003 and a reason")
def trouble(connect, server):
    closed_by_server(connect, 4003, exit_code=1)


def closed_by_server(connect, code, exit_code):
    """The input stays open: it is the server's Close that ends the program."""
    with connect(f"/goodbye/{code}") as client:
        client.write("anything\n")
        expect_end(client, exit_code)
        expect([], client.output)
        for word in [str(code), "that is all"]:
            if word not in client.errors_text:
                raise AssertionError(f"{word!r} is not told on stderr")


@conversation("subprotocol and header")
def about(connect, server):
    with connect("/about", "--subprotocol", "chat", "--header", "X-Probe: forty two") as client:
        expect_line(client, "extensions")
        expect(["subprotocol chat", "field forty two", "extensions none"], client.output)
        client.end_input()
        expect_end(client, 0)
    expect_closed(server, "closed 1000 ")


@conversation("refused with 404")
def refused_404(connect, server):
    refused(connect, 404)


@conversation("refused with 401")
def refused_401(connect, server):
    refused(connect, 401)


def refused(connect, status):
    with connect(f"/refuse/{status}") as client:
        expect_end(client, UNREACHABLE)
        expect([], client.output)
        if str(status) not in client.errors_text:
            raise AssertionError(f"the status {status} is not told on stderr")


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


# The last one: there is no server afterwards.
@conversation("the server is killed")
def killed(connect, server):
    with connect("/echo") as client:
        client.write("hi\n")
        expect_line(client, "hi")
        server.signal(signal.SIGKILL)
        code = client.wait(LIMIT)
        if code is None:
            raise AssertionError(f"connect did not end within {LIMIT} s")
        if code != BROKEN:
            raise AssertionError(f"exit code {code}, not {BROKEN}")


@inspection("questions are answered")
def questions(connect, _):
    inspect(connect, ["6 * 7", "'žluťoučký kůň 🦺'.length", "'ž🦺'.repeat(3)", "''"], [42, 16, "ž🦺ž🦺ž🦺", ""])


@inspection("a question of 1 MB and an answer of 1 MB")
def long_question(connect, _):
    inspect(connect, [f"'{'ab' * 500_000}'"], ["ab" * 500_000])


@inspection("500 questions at once")
def many_questions(connect, _):
    inspect(connect, [f"{number} * {number}" for number in range(500)], [number * number for number in range(500)])


@inspection("--compression on: questions are answered")
def without_takeover_inspected(connect, server):
    inspected_with(connect, "on")


@inspection("--compression takeover: questions are answered")
def with_takeover_inspected(connect, server):
    inspected_with(connect, "takeover")


def inspected_with(connect, mode):
    long = random.Random(7692).randbytes(200_000).hex()
    inspect(connect, ["6 * 7", f"'{long}'", "'x'.repeat(1000000)", *(f"{number} + 1" for number in range(200))],
            [42, long, "x" * 1_000_000, *range(1, 201)], "--compression", mode)


@inspection("/close is answered")
def inspection_closed(connect, _):
    with connect("") as client:
        client.write(question(1, "6 * 7"))
        expect_line(client, "{")
        client.write("/close 1000 done\n")
        expect_end(client, 0)


@inspection("another path is refused")
def other_path(connect, _):
    with connect("-that-is-not-there") as client:
        expect_end(client, UNREACHABLE)
        expect([], client.output)


# The last one: there is no server afterwards.
@inspection("the inspected program is killed")
def inspected_killed(connect, server):
    with connect("") as client:
        client.write(question(1, "6 * 7"))
        expect_line(client, "{")
        server.signal(signal.SIGKILL)
        expect_end(client, BROKEN)


def inspect(connect, expressions, values, *options):
    with connect("", *options) as client:
        for number, expression in enumerate(expressions):
            client.write(question(number, expression))
        expect_lines(client, len(expressions))
        client.end_input()
        expect_end(client, 0)
        answers = [json.loads(line) for line in client.output]
        expect(list(range(len(expressions))), [answer["id"] for answer in answers])
        expect(values, [answer["result"]["result"]["value"] for answer in answers])


def question(number, expression):
    return json.dumps({"id": number, "method": "Runtime.evaluate", "params": {"expression": expression}}) + "\n"


def nothing_listens(connect, _):
    """Without a server: the connection is refused by the kernel."""
    with connect("/") as client:
        expect_end(client, UNREACHABLE)
        expect([], client.output)
        if not client.errors_text:
            raise AssertionError("not a word on stderr")


def expect_line(client, starting):
    if client.line(starting, LIMIT) is None:
        raise AssertionError(f"no line that starts with {starting!r} within {LIMIT} s: {abridged(client.output)}")


def expect_lines(client, count):
    if client.line(within=LIMIT, after=count - 1) is None:
        raise AssertionError(f"not {count} lines within {LIMIT} s: {abridged(client.output)}")


def expect_end(client, wanted):
    code = client.wait(LIMIT)
    if code is None:
        raise AssertionError(f"connect did not end within {LIMIT} s; its output: {abridged(client.output)}")
    if code != wanted:
        raise AssertionError(f"exit code {code}, not {wanted}; its output: {abridged(client.output)}")


def expect_closed(server, wanted):
    line = server.line("closed", LIMIT, after=server.lines_seen)
    if line != wanted:
        raise AssertionError(f"the server saw {line!r}, not {wanted!r}")


def expect(wanted, found):
    if wanted != found:
        raise AssertionError(f"expected {abridged(wanted)}, found {abridged(found)}")


def abridged(value):
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:160]}… ({len(value)} in all)"
