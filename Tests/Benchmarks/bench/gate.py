"""The figures that a busy machine does not move: user instructions and system calls a message."""

import json
import os
import re
import signal
import tempfile
from pathlib import Path

from .load import load
from .servers import HERE, SetupFailure, running, system_package, watertight, watertight_async

THRESHOLDS = HERE / "thresholds.json"
SHORT, LONG = 0.3, 2.5
"""Seconds of the two runs whose difference is measured, so that starting and ending count for nothing."""

TOLERANCE = 12
"""Percent: how many connections are ready at a time, and share the cost of a turn, depends on the machine's other work."""

CASES = {
    "instructions a message, callbacks, 16 x 64 B": (watertight, ["-c", "16", "-s", "64"]),
    "instructions a message, callbacks, 64 x 64 B, 16 in flight": (watertight, ["-c", "64", "-s", "64", "-q", "16"]),
    "instructions a message, callbacks, 16 x 16 KiB": (watertight, ["-c", "16", "-s", "16384"]),
    "instructions a message, async, 16 x 64 B": (watertight_async, ["-c", "16", "-s", "64"]),
    "instructions a message, async, 64 x 64 B, 16 in flight": (watertight_async, ["-c", "64", "-s", "64", "-q", "16"]),
}
SYSTEM_CALLS = "system calls a message, callbacks, 16 x 64 B"


def measure():
    """Every figure by its name."""
    system_package("valgrind", program="valgrind")
    system_package("strace", program="strace")
    figures = {}
    for name, (make, options) in CASES.items():
        figures[name] = _instructions(make(), options)
        print(f"{name}: {figures[name]:.0f}", flush=True)
    figures[SYSTEM_CALLS] = _system_calls(watertight(), ["-c", "16", "-s", "64"])
    print(f"{SYSTEM_CALLS}: {figures[SYSTEM_CALLS]:.2f}", flush=True)
    return figures


def _difference(run):
    (short, few), (long, many) = run(SHORT), run(LONG)
    if many <= few:
        raise SetupFailure("the longer run had no more messages: the machine is too busy to measure")
    return (long - short) / (many - few)


def _instructions(server, options):
    def run(seconds):
        with tempfile.TemporaryDirectory(prefix="watertight-gate-") as folder:
            out = Path(folder) / "callgrind"
            with running(*server, "valgrind", "--tool=callgrind", f"--callgrind-out-file={out}") as (child, port):
                messages = load(port, child.pid, options, seconds, 0)["total_msgs"]
                child.signal(signal.SIGINT)
                if child.wait(30) is None:
                    raise SetupFailure("the server did not end on SIGINT under valgrind")
            total = re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.MULTILINE)
            if not total:
                raise SetupFailure(f"callgrind counted nothing:\n{child.errors_text[-1000:]}")
            return int(total[1]), messages

    return _difference(run)


def _system_calls(server, options):
    def run(seconds):
        with tempfile.TemporaryDirectory(prefix="watertight-gate-") as folder:
            out = Path(folder) / "strace"
            with running(*server, "strace", "-f", "-c", "-o", str(out)) as (child, port):
                served = int(Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()[0])
                messages = load(port, served, options, seconds, 0)["total_msgs"]
                # strace passes no signal on: its server is asked to end, and it follows.
                os.kill(served, signal.SIGINT)
                if child.wait(30) is None:
                    raise SetupFailure("the server did not end on SIGINT under strace")
            calls = sum(int(words[3]) for words in map(str.split, out.read_text().splitlines())
                        if len(words) >= 5 and words[3].isdigit() and words[-1] in COUNTED)
            return calls, messages

    return _difference(run)


COUNTED = {"recvfrom", "sendto", "epoll_wait", "epoll_ctl", "epoll_pwait", "read", "write", "recvmsg", "sendmsg", "futex"}
"""What serving a message may take."""


def compare(figures, thresholds):
    """Lines of a table, and whether all figures are within their limits."""
    lines, is_good = [], True
    for name, threshold in thresholds.items():
        figure = figures.get(name)
        allowed = threshold["figure"] * (1 + threshold["tolerancePercent"] / 100)
        if figure is None:
            verdict = "was not measured"
        elif figure > allowed:
            verdict = f"REGRESSED by {100 * (figure / threshold['figure'] - 1):.1f} %"
        else:
            verdict = "ok"
        is_good = is_good and verdict == "ok"
        lines.append([name, "-" if figure is None else f"{figure:.2f}", f"{threshold['figure']:.2f}",
                      f"{threshold['tolerancePercent']} %", verdict])
    return lines, is_good


def read_thresholds():
    return json.loads(THRESHOLDS.read_text())


def accept(figures):
    """Makes the measured figures the committed ones; tolerances stay."""
    old = read_thresholds() if THRESHOLDS.exists() else {}
    new = {name: {"figure": round(figure, 2), "tolerancePercent": old.get(name, {}).get("tolerancePercent", TOLERANCE)}
           for name, figure in figures.items()}
    THRESHOLDS.write_text(json.dumps(new, indent=2) + "\n")
