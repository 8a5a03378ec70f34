"""Leaks planted in foreign servers: found where memory follows the objects, never called clean where it does not.

A runtime that collects garbage lazily may leave a leak undecided. It must not make it clean: a fall of memory says
that there was garbage, not that there was nothing else. A check of all lifecycles lets a row rest while others are
driven, and such a runtime collects when it rests, so nothing less than all of them will do.
"""

from functools import partial

from . import servers
from .case import Case, amount, findings

BYTES = 256
TOLERANCE = 0.15
PAUSE = "15s"
"""These servers keep nothing of a connection that has ended, but what is planted."""
NODE_BYTES = [64, 1024]
OPENED = ["clean-close", "fin", "reset/open"]
"""The lifecycles in which the server's application sees a connection, and so keeps something of it."""


def cases(seeds):
    for name in servers.PYTHON_PEERS:
        yield Case(
            f"{name} echo keeps {BYTES} B", f"leak liveHeap@clean-close {BYTES} B",
            partial(_python, name), _judge_found, seeds[0], options=("--lifecycle", "clean-close", "--pause", PAUSE))
    for size in NODE_BYTES:
        yield Case(
            f"node-ws echo keeps {size} B", f"leak liveHeap@fin {size} B", partial(_node, size),
            partial(_judge_heap, size), seeds[0], options=("--profile", "quick", "--pause", PAUSE))
    yield Case(
        "aiohttp keeps a descriptor for 10 s", "clean, or released within 15 s", _keeping, _judge_released, seeds[0],
        options=("--lifecycle", "fin"), budget=60)
    for seed in seeds:
        yield Case(
            f"node-ws echo keeps 1024 B, unprobed, seed {seed}", "privateMemory is not clean",
            partial(_node, 1024), _judge_not_clean, seed, options=("--heap", "none"))
    for pages, where in [("same", "its port"), ("other", "another")]:
        for every in [0, 1, 10]:
            kept = f"a goroutine of {every}" if every else "nothing"
            yield Case(
                f"gorilla, pprof on {where}, keeps {kept}",
                f"leak goroutines@clean-close {1 / every:g}" if every else "clean", partial(_go, pages, every),
                partial(_judge_goroutines, every), seeds[0], options=("--lifecycle", "clean-close", "--pause", PAUSE))
    yield Case(
        "gorilla without pprof, keeps a goroutine", "a note, and privateMemory is not clean",
        partial(_go, "none", 1), _judge_without, seeds[0], options=("--lifecycle", "clean-close", "--pause", PAUSE))


def _go(pages, every, watertight):
    return servers.gorilla(watertight, "-pprof", pages, "-leak", str(every))


def _judge_goroutines(every, exit_code, report):
    """One goroutine of every so many connections is found, and nothing else: what it needs itself is no second leak."""
    wrong = [] if exit_code == (1 if every else 0) else [f"exit code {exit_code}"]
    for lifecycle, finding in findings(report):
        resource, verdict, found = finding["resource"], finding["verdict"], finding.get("perConnection")
        if every and resource == "goroutines":
            if verdict != "leak":
                wrong.append(f"the planted leak was missed: goroutines are {verdict}")
            elif abs(found * every - 1) > 0.01:
                wrong.append(f"the amount is {found:.4f} goroutines, not {1 / every:g}")
        elif verdict == "leak":
            wrong.append(f"{resource} is called a leak")
        elif not every and verdict != "clean":
            wrong.append(f"{resource} is {verdict}: {finding['statement']}")
    if not any(finding["resource"] == "goroutines" for _, finding in findings(report)):
        wrong.append("goroutines were not counted")
    return "; ".join(wrong) or None


def _judge_without(exit_code, report):
    if not any("import _ \"net/http/pprof\"" in note for note in report["notes"]):
        return "no note says that there is no net/http/pprof"
    if exit_code not in (1, 2) or _finding(report, "privateMemory", "clean-close")["verdict"] == "clean":
        return f"exit code {exit_code}, or privateMemory is clean"
    return None


def _python(name, watertight):
    return servers.python(name, watertight, "--plant", f"memory={BYTES}@any")


def _keeping(watertight):
    return servers.python("aiohttp", watertight, "--plant", "descriptor@fin~10")


def _judge_released(exit_code, report):
    finding = next(finding for _, finding in findings(report) if finding["resource"] == "descriptors")
    within = finding.get("releasedWithinSeconds")
    if finding["verdict"] != "clean" or exit_code != 0:
        return f"descriptors are {finding['verdict']}, exit code {exit_code}"
    # Driven for longer than that, what is given back makes it clean without a pause.
    if within is not None and within > 15:
        return f"released within {within} s"
    return None


def _node(size, watertight):
    return servers.node(watertight, "--plant", f"memory={size}@{'fin' if size == 64 else 'any'}")


def _finding(report, resource, lifecycle):
    return next(finding for found, finding in findings(report)
                if found == lifecycle and finding["resource"] == resource)


def _judge_found(exit_code, report):
    finding = _finding(report, "liveHeap", "clean-close")
    if finding["verdict"] != "leak" or exit_code != 1:
        return f"the planted leak was missed: {finding['verdict']}, exit code {exit_code}"
    size = finding.get("perConnection")
    if size is None or abs(size - BYTES) > TOLERANCE * BYTES:
        return f"the amount is {amount(size, 'liveHeap')}, not {BYTES} B within 15%"
    return None


def _judge_heap(size, exit_code, report):
    """The live heap leaks under fin, by so much, and nothing else does: only there, if only there it was planted."""
    wrong = [] if exit_code == 1 else [f"exit code {exit_code}, not 1"]
    for lifecycle, finding in findings(report):
        what, verdict, found = (f"{finding['resource']}@{lifecycle}", finding["verdict"], finding.get("perConnection"))
        if what == "liveHeap@fin":
            if verdict != "leak":
                wrong.append(f"the planted leak was missed: {verdict}")
            elif abs(found - size) > TOLERANCE * size:
                wrong.append(f"the amount is {found:.1f} B, not {size} B within 15%")
        elif verdict == "leak" and (finding["resource"] != "liveHeap" or size == 64):
            wrong.append(f"{what} is called a leak")
    return "; ".join(wrong) or None


def _judge_not_clean(exit_code, report):
    wrong = [] if exit_code in (1, 2) else [f"exit code {exit_code}, not 1 or 2"]
    for lifecycle in OPENED:
        finding = _finding(report, "privateMemory", lifecycle)
        if finding["verdict"] == "clean":
            size, least = finding.get("perConnection"), finding.get("smallestDetectable")
            wrong.append(
                f"the planted leak is called clean under {lifecycle}, at {amount(size, 'privateMemory')}, smallest "
                f"detectable {amount(least, 'privateMemory')}")
    return "; ".join(wrong) or None
