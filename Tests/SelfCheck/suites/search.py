"""The search finds, without being told where: planted leaks of the built-in server, and defects that no lifecycle of the
catalogue meets; it shrinks them, and finds nothing in a healthy server.

The short suite is for every run, the long one takes most of an hour.
"""

import sys
from functools import partial

from . import servers
from .case import PLANTED, Case, Target

HIDDEN = servers.SERVERS / "search" / "hidden.py"
PAUSE = ("--pause", "2s", "--most-findings", "1")

SHRUNK = {"ping-in-fragments": 5, "binary-after-text": 5, "long-reason": 4, "second-open": 4, "dies": 4, "stalls": 4,
          "spins": 4, "unmasked-reserved": 4}
"""The defects of the hidden server, and how many lines the shrunk script may have."""
KINDS = {"dies": "ended", "stalls": "stalled", "spins": "spinning", "unmasked-reserved": "violation"}
"""What those are that do not leak."""


class Short:
    """A target that dies and a healthy server: about a minute. What leaks is in the long suite, for machines that are quiet."""

    @staticmethod
    def cases(seeds):
        yield _hidden("dies", seeds[0], 60)
        yield _healthy("the built-in server", lambda watertight: Target([watertight, "serve", "--port", "{port}"]), seeds[0], 20)


class Long:
    """Every planted leak of the built-in server, every hidden defect, and healthy servers for ten minutes each."""

    @staticmethod
    def cases(seeds):
        for defect in SHRUNK:
            yield _hidden(defect, seeds[0], 300)
        for kind in ("descriptor", "memory=4096", "thread"):
            for lifecycle in PLANTED:
                plant = f"{kind}@{lifecycle}"
                yield Case(f"search: {plant}", "leak", partial(_planted, plant), partial(_judge, "leak", 7), seeds[0],
                           options=PAUSE, budget=300, command="search")
        yield _healthy("the built-in server for long", lambda watertight: Target([watertight, "serve", "--port", "{port}"]),
                       seeds[0], 600)
        yield _healthy("the hidden server without a defect", partial(_server, "none"), seeds[0], 600)


def _planted(plant, watertight):
    return Target([watertight, "serve", "--port", "{port}", "--plant-leak", plant])


def _server(defect, watertight):
    return Target([sys.executable, str(HIDDEN), "{port}", defect])


def _hidden(defect, seed, budget):
    kind = KINDS.get(defect, "leak")
    options = PAUSE
    if defect == "second-open":
        options += ("--dictionary", str(HIDDEN.with_name("users.dictionary")))
    return Case(f"search: {defect}", f"{kind}, at most {SHRUNK[defect]} lines", partial(_server, defect),
                partial(_judge, kind, SHRUNK[defect]), seed, options=options, budget=budget, command="search")


def _healthy(name, prepare, seed, budget):
    return Case(f"search: {name}", "nothing", prepare, _judge_healthy, seed, options=("--pause", "2s"), budget=budget,
                command="search")


def _judge(kind, lines, exit_code, report):
    findings = [finding for finding in report["findings"] if finding["kind"] == kind]
    if not findings:
        return f"no {kind} was found"
    wrong = [] if exit_code == (0 if kind == "violation" else 1) else [f"exit code {exit_code}"]
    script = findings[0]["script"].strip()
    if len(script.splitlines()) > lines:
        wrong.append(f"the script has more than {lines} lines: {script!r}")
    return "; ".join(wrong) or None


def _judge_healthy(exit_code, report):
    if exit_code == 0 and not report["findings"]:
        return None
    return f"exit code {exit_code}, found {[finding['words'] for finding in report['findings']]}"
