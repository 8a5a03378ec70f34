"""Conversations with what debuggers connect to (conversations.py)."""

import json
import random
import signal

from conversations import BROKEN, UNREACHABLE, conversation, expect, expect_end, expect_line, expect_lines


def inspection(name, ends_server=False):
    """Registers what to do with every inspector; its connect() takes what comes after the path."""
    return conversation(name, role="inspector", ends_server=ends_server)


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
def without_takeover(connect, _):
    inspect_much(connect, "on")


@inspection("--compression takeover: questions are answered")
def with_takeover(connect, _):
    inspect_much(connect, "takeover")


def inspect_much(connect, mode):
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


@inspection("the inspected program is killed", ends_server=True)
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
