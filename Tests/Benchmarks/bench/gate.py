"""The figures that a busy machine does not move: user instructions, system calls and bytes a message, a connection, a sample."""

import json
import os
import re
import signal
import subprocess
import tempfile
from functools import partial
from pathlib import Path

from . import engine
from .load import load
from .servers import HERE, SetupFailure, engine_costs, limit, running, system_package, watertight, watertight_async

THRESHOLDS = HERE / "thresholds.json"
SHORT, LONG = 0.3, 2.5
"""Seconds of the two runs whose difference is measured, so that starting and ending count for nothing."""

FEW, MANY = 500, 2500
"""Connections of the two runs of a driver."""

RUN_LIMIT = 120

TOLERANCE = 12
"""Percent: how many connections are ready at a time, and share the cost of a turn, depends on the machine's other work."""

COUNTED = {"recvfrom", "sendto", "epoll_wait", "epoll_ctl", "epoll_pwait", "read", "write", "recvmsg", "sendmsg", "futex",
           "accept4", "close", "socket", "connect", "setsockopt", "getsockopt", "ioctl", "getrandom", "shutdown"}
"""What serving a message, or a connection, may take."""


def measure():
    """Every figure by its name."""
    system_package("valgrind", program="valgrind")
    system_package("strace", program="strace")
    echo, churn = ["-c", "16", "-s", "64"], ["-M", "churn", "-c", "32"]
    in_flight, large = ["-c", "64", "-s", "64", "-q", "16"], ["-c", "16", "-s", "16384"]
    cases = {
        "instructions a message, callbacks, 16 x 64 B": partial(_instructions, watertight, echo),
        "instructions a message, callbacks, 64 x 64 B, 16 in flight": partial(_instructions, watertight, in_flight),
        "instructions a message, callbacks, 16 x 16 KiB": partial(_instructions, watertight, large),
        "instructions a message, async, 16 x 64 B": partial(_instructions, watertight_async, echo),
        "instructions a message, async, 64 x 64 B, 16 in flight": partial(_instructions, watertight_async, in_flight),
        "instructions a connection, callbacks": partial(_instructions, watertight, churn),
        "instructions a connection, the driver of a check": _driver_instructions,
        "instructions a sample of 1,000 sockets": _sample_instructions,
        "system calls a message, callbacks, 16 x 64 B": partial(_system_calls, watertight, echo),
        "system calls a connection, callbacks": partial(_system_calls, watertight, churn),
        "system calls a connection, the driver of a check": _driver_system_calls,
        "bytes an idle connection, callbacks": partial(_idle_bytes, watertight),
        "bytes an idle connection, async": partial(_idle_bytes, watertight_async),
    }
    figures = {}
    for name, case in cases.items():
        figures[name] = case()
        print(f"{name}: {figures[name]:.2f}", flush=True)
    return figures


def _difference(run, short, long):
    (low, few), (high, many) = run(short), run(long)
    if many <= few:
        raise SetupFailure("the longer run had no more messages: the machine is too busy to measure")
    return (high - low) / (many - few)


def _served(port, pid, options, seconds):
    """Messages, or connections, that the load generator got through."""
    result = load(port, pid, options, seconds, 0)
    return result["total_msgs"] if "total_msgs" in result else result["closed"]


def _callgrind(folder):
    out = Path(folder) / "callgrind"
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"], lambda: _total(out)


def _total(out):
    total = re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.MULTILINE)
    if not total:
        raise SetupFailure("callgrind counted nothing")
    return int(total[1])


def _strace(folder):
    out = Path(folder) / "strace"

    def calls():
        return sum(int(words[3]) for words in map(str.split, out.read_text().splitlines())
                   if len(words) >= 5 and words[3].isdigit() and words[-1] in COUNTED)

    return ["strace", "-f", "-c", "-o", str(out)], calls


def _instructions(make, options):
    server = make()

    def run(seconds):
        with tempfile.TemporaryDirectory(prefix="watertight-gate-") as folder:
            prefix, total = _callgrind(folder)
            with running(*server, *prefix) as (child, port):
                served = _served(port, child.pid, options, seconds)
                child.signal(signal.SIGINT)
                if child.wait(30) is None:
                    raise SetupFailure("the server did not end on SIGINT under valgrind")
            return total(), served

    return _difference(run, SHORT, LONG)


def _system_calls(make, options):
    server = make()

    def run(seconds):
        with tempfile.TemporaryDirectory(prefix="watertight-gate-") as folder:
            prefix, calls = _strace(folder)
            with running(*server, *prefix) as (child, port):
                server_pid = int(Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()[0])
                served = _served(port, server_pid, options, seconds)
                # strace passes no signal on: its server is asked to end, and it follows.
                os.kill(server_pid, signal.SIGINT)
                if child.wait(30) is None:
                    raise SetupFailure("the server did not end on SIGINT under strace")
            return calls(), served

    return _difference(run, SHORT, LONG)


def _run(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_LIMIT)
    if done.returncode != 0:
        raise SetupFailure(f"{' '.join(command)} failed:\n{done.stdout[-500:]}{done.stderr[-1000:]}")


def _driver(counter):
    """What a drive of the C server costs, a connection."""
    with running(*limit()) as (_, port):
        def run(connections):
            with tempfile.TemporaryDirectory(prefix="watertight-gate-") as folder:
                prefix, total = counter(folder)
                _run([*prefix, engine_costs(), "drive", str(port), "--connections", str(connections)])
                return total(), connections

        return _difference(run, FEW, MANY)


_driver_instructions = partial(_driver, _callgrind)
_driver_system_calls = partial(_driver, _strace)


def _idle_bytes(make):
    """Memory of the process for each of 10,000 connections."""
    with running(*make()) as (child, port):
        return load(port, child.pid, ["-M", "idle", "-c", "10000"], 1, 0)["bytes_per_conn"]


def _sample_instructions():
    with engine.target(1000) as pid:
        def run(samples):
            with tempfile.TemporaryDirectory(prefix="watertight-gate-") as folder:
                prefix, total = _callgrind(folder)
                _run([*prefix, engine_costs(), "sample", str(pid), "--count", str(samples)])
                return total(), samples

        return _difference(run, 5, 25)


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
