"""Leaks of every kind and size, in several languages, after six ways of ending a connection."""

from functools import partial

from . import case, servers
from .case import Case
from .trial import Plant, Trial, judge_planted

KINDS = {
    **{f"memory={size}": ("memory", size) for size in [16, 64, 256, 1024, 8192]},
    "descriptor": ("descriptors", 1),
    "descriptor:10": ("descriptors", 0.1),
    "descriptor:100": ("descriptors", 0.01),
    "thread": ("threads", 1),
    "timer": ("memory", None),
    "task": ("memory", None),
    "session": ("memory", None),
}
"""What is planted, the resource it takes, and how much of it; objects of a runtime have no exact size."""

PAUSE = "15s"
"""These servers keep nothing of a connection that has ended, but what is planted."""

ROWS = {**case.PLANTED, "protocol-error": "close-unanswered"}
"""What a server can see, and the row of the quick profile that does so: the target closes for a bad frame."""


def trials(repeats=None):
    for seed in range(1, (repeats or 1) + 1):
        for name, prepare in servers.PLANTABLE.items():
            for kind, (resource, size) in KINDS.items():
                # A thread of Node is a runtime of its own.
                if (name, kind) == ("node-ws", "thread"):
                    continue
                for lifecycle, row in ROWS.items():
                    yield _trial(name, prepare, kind, lifecycle, Plant(kind, resource, size, row), seed)


def _trial(name, prepare, kind, lifecycle, plant, seed):
    words = servers.plant(name, kind, lifecycle)
    made = Case(
        f"{name} {words[1]}", f"leak {plant.resource}@{plant.row}", partial(_target, prepare, words),
        partial(judge_planted, plant), seed, ("--profile", "quick", "--pause", PAUSE))
    return Trial("planted", name, made, plant)


def _target(prepare, words, watertight):
    return prepare(watertight, *words)
