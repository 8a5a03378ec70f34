"""One run of the check: what is checked, and what must be found."""

import re
from dataclasses import dataclass, field
from typing import Callable

PLANTED = {
    "clean-close": "clean-close", "bare-tcp": "bare-tcp", "fin": "fin", "reset": "reset/open",
    "vanish-handshake": "vanish-handshake/request",
}
"""What the built-in server can leak after, as it sees it, and the row of the quick profile that does so."""
ALSO = {"reset/open": ["flood-reset"], "vanish-handshake/request": ["leave-at-once"]}
"""Rows of the quick profile in which the server sees the same: a reset, or a peer that leaves as it is answered."""
RESOURCES = ["descriptors", "threads", "privateMemory"]

MEMORY = ("liveHeap", "privateMemory")
"""Where memory that is kept shows: in the live heap where a probe reads it, in private memory otherwise."""

EXIT_CODES = {0: "clean", 1: "leak", 2: "inconclusive"}


@dataclass(frozen=True)
class Target:
    """What comes after `check`: a command, with the variables it needs, a path if it is not `/`, and the scheme."""

    command: list
    environment: dict = field(default_factory=dict)
    path: str | None = None
    scheme: str = "ws"
    runs_already: bool = False
    """Whether the check finds it running, without anything in its environment."""


@dataclass(frozen=True)
class Case:
    """A name, a way to a target, and a judgement of the report."""

    name: str
    expected: str
    prepare: Callable[[str], Target]
    """Makes the target, given the path of watertight; raises SetupFailure."""
    judge: Callable[[int, dict], str | None]
    """What is wrong with the exit code and the report; None if nothing is."""
    seed: int
    options: tuple = ()
    budget: int | None = None
    """Seconds for the check; None for those of the whole run."""
    has_profile: bool = False
    """Whether it takes the budget of the default profile, which a pause may overrun."""
    skipped: str | None = None
    """Why it cannot be run yet."""
    command: str = "check"
    """What is run: `check`, or `search`."""


def findings(report):
    """Every finding of a report with its row: the lifecycle, with `+deflate` where its peers compressed."""
    for row in report["results"]:
        for finding in row["resources"]:
            yield row["lifecycle"] + ("+deflate" if row["compressed"] else ""), finding


def is_of(found, resource):
    """Whether what is found in the resource `found` is what is expected of `resource`, which may be `memory`."""
    return found in MEMORY if resource == "memory" else found == resource


def belongs_to(found, resource):
    """Whether a leak of `resource` shows in `found` as well: an exact gauge sees the object that stands for it, except what a
    thread needs on the heap, which is the thread's."""
    return is_of(found, resource) or resource != "threads" and found in ("liveHeap", "blocks", "objects")


def amount(value, resource):
    """An amount per connection, as short as it can be read."""
    if value is None:
        return "?"
    return f"{value:.0f} B" if resource in (*MEMORY, "memory") else f"{value:.3g}"


def search_summary(report):
    """What a search came to, in one line."""
    found = [f"{finding['kind']} {finding['script'].strip()!r}" for finding in report["findings"]]
    return "; ".join(found or ["nothing"]) + (
        f" [{report['scripts']} scripts, {report['scriptsPerSecond']:.0f} a second, {report['signatures']} signatures, "
        f"{report['suspectedGroups']} suspected, {report['refuted']} refuted]")


def summary(report):
    """Every finding that is not clean, in one line."""
    words = []
    for lifecycle, finding in findings(report):
        if finding["verdict"] != "clean":
            resource = finding["resource"]
            words.append(
                f"{finding['verdict']} {resource}@{lifecycle} {amount(finding.get('perConnection'), resource)}")
    return "; ".join(words) or "clean"


def file_name(case):
    """A name for what is kept of a case."""
    return re.sub(r"[^A-Za-z0-9.=@-]+", "-", case.name).strip("-") + f"-seed-{case.seed}"
