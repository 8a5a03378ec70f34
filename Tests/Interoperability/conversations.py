"""What `watertight connect` exchanges with every foreign server, as a program in a pipe.

A server's file in `peers/` prints `listening PORT VERSION` when it does, takes a free port of 127.0.0.1, agrees on
the subprotocol `chat`, prints `closed CODE REASON` when a connection has ended (the code and reason received, 1006
without a Close), and behaves by path:

    /echo            sends every message back
    /goodbye/CODE    answers the first message with a Close of that code, "that is all"
    /about           sends `subprotocol NAME` and `field VALUE`, the value of X-Probe, then echoes
    /refuse/STATUS   answers the opening handshake with that status
"""

import signal

LIMIT = 15
"""Seconds that `connect` may take for anything."""

UNREACHABLE = 69
"""No connection, or the upgrade was refused."""

BROKEN = 2
"""The connection ended without a closing handshake."""

CONVERSATIONS = []


def conversation(name):
    def register(function):
        CONVERSATIONS.append((name, function))
        return function
    return register


@conversation("lines are echoed, /close with code and reason")
def lines(connect, server):
    texts = ["one", "zwei äöü €🦺", "", "x" * 70_000, "last"]
    with connect("/echo") as client:
        for text in texts:
            client.write(text + "\n")
        expect_line(client, "last")
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
        expect_line(client, "field")
        expect(["subprotocol chat", "field forty two"], client.output)
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
