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
/uncompressed. The conversations are in plain_conversations.py and compressed_conversations.py.

An inspector's file prints `listening PORT VERSION PATH`, where a debugger can connect: it answers questions in JSON,
one a message, as DevTools ask them (inspections.py).
"""

import importlib

LIMIT = 15
"""Seconds that `connect` may take for anything."""

UNREACHABLE = 69
"""No connection, or the upgrade was refused."""

BROKEN = 2
"""The connection ended without a closing handshake."""

CATALOGUE = ["plain_conversations", "compressed_conversations", "inspections"]

CONVERSATIONS = []


def conversation(name, needs=(), role="server", ends_server=False):
    """Registers what to do with every server that agrees on compression in all the modes that it `needs`."""
    def register(function):
        CONVERSATIONS.append((name, set(needs), role, ends_server, function))
        return function
    return register


def conversations_with(wanted_role, modes):
    """Names and functions for a server that agrees on compression in these modes; what ends it comes last."""
    for name in CATALOGUE:
        importlib.import_module(name)
    fitting = [(ends_server, name, function) for name, needs, role, ends_server, function in CONVERSATIONS
               if role == wanted_role and needs <= set(modes)]
    return [(name, function) for _, name, function in sorted(fitting, key=lambda each: each[0])]


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
