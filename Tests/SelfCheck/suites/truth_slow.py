"""Servers that keep a descriptor and a kilobyte of each connection for a while: retention, which is no leak."""

from functools import partial

from . import clean, servers
from .case import Case
from .trial import Trial

SERVERS = ["websockets", "aiohttp", "node-ws"]
SECONDS = [2, 10, 30]
REPEATS = 3
LONG = 240
"""Seconds of a budget in which the longest of them is seen to end."""


def trials(repeats=None):
    for seed in range(1, (repeats or REPEATS) + 1):
        for name in SERVERS:
            for seconds in SECONDS:
                for budget in [None, LONG]:
                    yield _trial(name, seconds, budget, seed)


def _trial(name, seconds, budget, seed):
    words = [word for kind in ["descriptor", "memory=1024"] for word in ["--plant", f"{kind}@fin~{seconds}"]]
    made = Case(
        f"{name} keeps for {seconds} s{', long' if budget else ''}", "no leak",
        partial(_target, servers.PLANTABLE[name], words), clean.judge, seed, ("--profile", "quick"))
    return Trial("slow", name, made, release=seconds, budget=budget)


def _target(prepare, words, watertight):
    return prepare(watertight, *words)
