"""Conversations with every server (conversations.py)."""

import signal

from conversations import BROKEN, UNREACHABLE, conversation, expect, expect_closed, expect_end, expect_line


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


@conversation("the server is killed", ends_server=True)
def killed(connect, server):
    with connect("/echo") as client:
        client.write("hi\n")
        expect_line(client, "hi")
        server.signal(signal.SIGKILL)
        expect_end(client, BROKEN)


def nothing_listens(connect, _):
    """Without a server: the connection is refused by the kernel."""
    with connect("/") as client:
        expect_end(client, UNREACHABLE)
        expect([], client.output)
        if not client.errors_text:
            raise AssertionError("not a word on stderr")
