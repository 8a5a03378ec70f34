"""The load side and the sampler beside C: what driving a connection costs, how many can be held, what a sample costs."""

import json
import random
import resource
import statistics
import subprocess
import time
from contextlib import contextmanager

from Harness.figures import Figures
from Harness.processes import Child

from .load import load
from .servers import SetupFailure, cores, engine_costs, limit, load_generator, running, sampler_limit, watertight

RUN_LIMIT = 180
MOST_CONNECTIONS = 19_000
SOCKETS = 10_000
SAMPLES = 20
RATE = 10
"""Samples a second."""


def answer(command):
    """The JSON of a program that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_LIMIT)
    if done.returncode != 0:
        raise SetupFailure(f"{' '.join(command)} failed:\n{done.stdout[-500:]}{done.stderr[-1000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def _pin(core):
    return ["taskset", "-c", str(core)]


def _interleaved(measures, rounds):
    """The figures of each measure, its order random in every round."""
    figures = {name: [] for name in measures}
    for _ in range(rounds):
        for name in random.sample(sorted(measures), len(measures)):
            figures[name].append(measures[name]())
    return figures


def _table(title, unit, figures, base):
    rows = []
    for name, values in figures.items():
        ratios = sorted(value / other for value, other in zip(values, figures[base]))
        rows.append([name, f"{statistics.median(values):,.1f}", f"{statistics.median(ratios):.2f}",
                     f"{ratios[0]:.2f} to {ratios[-1]:.2f}"])
    return Figures(title, ["", f"median {unit}", "ratio", "of all rounds"], rows)


def driving(rounds):
    """Processor time of whoever drives: connect, upgrade, a message and its reply, Close."""
    first, *_, last = [*cores(), *cores()]

    def c(port, pid):
        result = load(port, pid, ["-M", "churn", "-c", "32", "-n", "1"], 1, 0.3, _pin(last))
        return 1e6 * result["load_util"] * result["secs"] / result["closed"]

    def ours(port):
        return answer([*_pin(last), engine_costs(), "drive", str(port), "--connections", "20000", "--warm-up", "2000"])[
            "cpu_us_per_conn"]

    with running(*limit(), *_pin(first)) as (child, port):
        figures = _interleaved(
            {"wsload, C": lambda: c(port, child.pid), "the driver of a check": lambda: ours(port)}, rounds)
    return _table("Driving a connection", "us a connection", figures, "wsload, C"), figures


def holding():
    """As many connections at a time as the limit of descriptors leaves room for."""
    most = min(MOST_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 1000)
    with running(*watertight()) as (child, port):
        result = answer([
            engine_costs(), "drive", str(port), "--lifecycle", "reconnect-storm", "--connections", str(most),
            "--concurrency", str(most)])
    return Figures("Connections held at a time", ["connections", "seconds", "us a connection"], [
        [f"{result['completed']:,}", f"{result['seconds']:.2f}", f"{result['cpu_us_per_conn']:.1f}"]]), result


@contextmanager
def target(connections):
    """A server that holds so many idle connections."""
    with running(*limit()) as (child, port):
        holder = [load_generator(), "-p", str(port), "-M", "idle", "-c", str(connections), "-d", str(RUN_LIMIT)]
        with Child(holder):
            deadline = time.monotonic() + 30
            while answer([engine_costs(), "sample", str(child.pid), "--count", "1"])["established"] < connections:
                if time.monotonic() > deadline:
                    raise SetupFailure(f"the target does not hold {connections} connections")
            yield child.pid


def sampling(rounds):
    """Processor time of one sample of a process with many sockets."""
    with target(SOCKETS) as pid:
        def c(*options):
            return lambda: answer([sampler_limit(), "-p", str(pid), "-n", str(SAMPLES), *options])["cpu_us_per_sample"] / 1e3

        def ours(*options):
            command = [engine_costs(), "sample", str(pid), "--count", str(SAMPLES), *options]
            return lambda: answer(command)["cpu_us_per_sample"] / 1e3

        figures = _interleaved({
            "C, /proc/net/tcp": c("-t"), "C, netlink": c(), "a sample": ours(),
            "C, without TCP states": c("-s"), "a sample without TCP states": ours("--without-states")}, rounds)
    return _table(f"A sample of {SOCKETS:,} sockets", "ms", figures, "C, /proc/net/tcp"), figures


def disturbing(rounds, seconds):
    """Messages a second of a server while it is sampled, as a ratio to when it is left alone.

    Compressed echo, because there the server is the limit, and the generator leaves the sampler half of the other core.
    """
    rows, figures = [], {}
    first, *_, last = [*cores(), *cores()]
    for connections in [64, 1000]:
        options = ["-c", str(connections), "-s", "1024", "-z"]
        with running(*watertight(), *_pin(first)) as (child, port):
            sample = [*_pin(last), engine_costs(), "sample", str(child.pid), "--rate", str(RATE),
                      "--count", str(round(RATE * (seconds + 2)))]

            def left_alone():
                return load(port, child.pid, options, seconds, 0.5, _pin(last))["msgs_per_s"]

            def sampled(*more):
                with Child([*sample, *more]):
                    return left_alone()

            each = _interleaved({
                "left alone": left_alone, "as a check does": lambda: sampled("--without-states"),
                "with TCP states": sampled}, rounds)
        figures[str(connections)] = each
        for name in ["as a check does", "with TCP states"]:
            ratios = sorted(after / before for after, before in zip(each[name], each["left alone"]))
            rows.append([f"{connections:,}", name, f"{statistics.median(ratios):.3f}", f"{ratios[0]:.3f} to {ratios[-1]:.3f}"])
    return Figures(f"Being sampled {RATE} times a second", [
        "connections", "", "ratio of messages a second", "of all rounds"], rows), figures
