"""Leaks behind a subscription: found by peers that speak as the framework's clients do, and the fixed twin has none.

The twin may stay undecided on a busy machine: the frameworks let go of a client some moments after it has left.
"""

from functools import partial

from Harness.environments import virtual_environment

from . import servers
from .case import MEMORY, Case, Target, findings

PAUSE = "10s"
SERVERS = {
    "socket.io": (["python-socketio", "uvicorn", "websockets"], ("--speak", "socket.io")),
    "graphql-ws": (["strawberry-graphql[asgi]", "uvicorn", "websockets"],
                   ("--opening", str(servers.SERVERS / "ticks.opening"))),
    "tokens": (["aiohttp==3.14.*"], ("--opening", str(servers.SERVERS / "token.opening"))),
}
"""What each needs, and how its peers speak."""


def cases(seeds):
    for name, (_, speak) in SERVERS.items():
        options = ("--lifecycle", "fin", "--pause", PAUSE, *speak)
        yield Case(f"{name} keeps its subscribers", "leak liveHeap@fin", partial(_server, name, "kept"), _judge_kept,
                   seeds[0], options=options)
        yield Case(f"{name} gives its subscribers back", "no leak", partial(_server, name, "given-back"),
                   _judge_given_back, seeds[0], options=options)


def _server(name, what, watertight):
    interpreter = virtual_environment(name, SERVERS[name][0])
    return Target([interpreter, str(servers.SERVERS / "subscriptions.py"), name, "{port}", what])


def _judge_kept(exit_code, report):
    leaks = [finding for _, finding in findings(report) if finding["verdict"] == "leak"]
    wrong = [] if exit_code == 1 else [f"exit code {exit_code}, not 1"]
    heap = [finding for finding in leaks if finding["resource"] in MEMORY]
    if not heap:
        return "; ".join([*wrong, "the planted leak was missed"])
    # The bytes, their key, and the table that holds both.
    if not all(4096 * 0.9 <= finding["perConnection"] <= 4096 * 1.5 for finding in heap):
        wrong.append(f"the amount is {heap[0]['perConnection']:.0f} B, not some 4096 B")
    return "; ".join(wrong) or None


def _judge_given_back(exit_code, report):
    leaks = [finding["statement"] for _, finding in findings(report) if finding["verdict"] == "leak"]
    return "; ".join(leaks) or (None if exit_code in (0, 2) else f"exit code {exit_code}, not 0 or 2")
