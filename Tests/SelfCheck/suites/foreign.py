"""Leaks planted in foreign servers: found where memory follows the objects, never called clean where it does not.

A runtime that collects garbage lazily may leave a leak undecided. It must not make it clean: a fall of memory says
that there was garbage, not that there was nothing else.
"""

from functools import partial

from . import clean
from .case import Case, Target, amount, findings

LIFECYCLE = "clean-close"
BYTES = 256
NODE_BYTES = 1024


def cases(seeds):
    for name, requirements in clean.PYTHON_PEERS.items():
        yield _case(
            f"{name} echo keeps {BYTES} B", f"leak privateMemory@{LIFECYCLE} {BYTES} to {2 * BYTES} B",
            partial(_python, name, requirements), partial(_judge, must_be_found=True), seeds[0])
    for seed in seeds:
        yield _case(
            f"node-ws echo keeps {NODE_BYTES} B, seed {seed}", f"privateMemory@{LIFECYCLE} is not clean", _node,
            partial(_judge, must_be_found=False), seed)


def _case(name, expected, prepare, judge, seed):
    return Case(name, expected, prepare, judge, seed, options=("--lifecycle", LIFECYCLE))


def _python(name, requirements, watertight):
    return _planted(clean.python_target(name, requirements, watertight), BYTES)


def _node(watertight):
    return _planted(clean.node_target(watertight), NODE_BYTES)


def _planted(target, size):
    return Target(target.command, {**target.environment, "PLANT": str(size)}, target.path)


def _judge(exit_code, report, must_be_found):
    for lifecycle, finding in findings(report):
        if (lifecycle, finding["resource"]) != (LIFECYCLE, "privateMemory"):
            continue
        verdict, size = finding["verdict"], finding.get("perConnection")
        if verdict == "clean":
            return (f"the planted leak is called clean, at {amount(size, 'privateMemory')}, "
                    f"smallest detectable {amount(finding.get('smallestDetectable'), 'privateMemory')}")
        if must_be_found:
            if verdict != "leak":
                return f"the planted leak was missed: {verdict}"
            # The object and its place in the list come on top.
            if size is None or not BYTES <= size <= 2 * BYTES:
                return f"the amount is {amount(size, 'privateMemory')}, not {BYTES} to {2 * BYTES} B"
        if exit_code not in (1, 2):
            return f"exit code {exit_code}, not 1 or 2"
        return None
    return f"privateMemory@{LIFECYCLE} is not in the report"
