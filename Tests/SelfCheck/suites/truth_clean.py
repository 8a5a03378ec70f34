"""Servers that do not leak, of every kind, again and again: how often is one said to?

Some keep a map of their latest sessions, as many a server does: it grows with each connection until it is full.
"""

from functools import partial

from . import clean, servers
from .case import PLANTED, Case
from .trial import Trial

REPEATS = 40
BOUNDED_REPEATS = 2
MAXIMUM = 4000


def trials(repeats=None):
    for seed in range(1, (repeats or REPEATS) + 1):
        for name, prepare in servers.ALL.items():
            yield _trial(name, f"clean {name}", seed, prepare)
    for seed in range(1, (repeats or BOUNDED_REPEATS) + 1):
        for name, prepare in servers.PLANTABLE.items():
            for lifecycle in PLANTED:
                words = servers.plant(name, f"session={MAXIMUM}", lifecycle)
                yield _trial(
                    f"{name}, {MAXIMUM} sessions", f"clean {name} {words[1]}", seed, partial(_bounded, prepare, words))


def _trial(server, name, seed, prepare):
    case = Case(name, "no leak", prepare, clean.judge, seed, ("--profile", "quick"))
    return Trial("clean", server, case)


def _bounded(prepare, words, watertight):
    return prepare(watertight, *words)
