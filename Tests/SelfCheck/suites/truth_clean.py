"""Servers that do not leak, of every kind, again and again: how often is one said to?"""

from functools import partial

from . import clean, servers
from .case import Case
from .trial import Trial

REPEATS = 40


def trials(repeats=None):
    for seed in range(1, (repeats or REPEATS) + 1):
        for name, prepare in servers.ALL.items():
            yield _trial(name, seed, prepare)


def _trial(name, seed, prepare):
    case = Case(f"clean {name}", "no leak", prepare, clean.judge, seed, ("--profile", "quick"))
    return Trial("clean", name, case)
