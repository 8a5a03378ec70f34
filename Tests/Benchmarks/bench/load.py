"""One run of the load generator against one server."""

import json
import subprocess

from .servers import BROADCAST, COMPRESSED, ECHO, SetupFailure, cores, load_generator, running, server_pid

RUN_LIMIT = 120


class Scenario:
    """What is asked of which servers, and which figure answers it, as a ratio to that of the first of them."""

    def __init__(self, name, options, figure, unit, servers=ECHO, is_once=False):
        self.name = name
        self.options = options
        self.figure = figure
        self.unit = unit
        self.servers = servers
        self.base = next(iter(servers))
        self.is_once = is_once


def _messages(name, *options, servers=ECHO):
    return Scenario(name, list(options), "server_cpu_ns_per_msg", "ns a message", servers)


SCENARIOS = [
    _messages("16 x 64 B", "-c", "16", "-s", "64"),
    _messages("1,000 x 64 B", "-c", "1000", "-s", "64"),
    _messages("64 x 16 KiB", "-c", "64", "-s", "16384"),
    _messages("64 x 64 B, 16 in flight", "-c", "64", "-s", "64", "-q", "16"),
    Scenario("connect, upgrade, Close", ["-M", "churn", "-c", "32"], "server_cpu_us_per_conn", "us a connection"),
    _messages("64 x 1 KiB of JSON, compressed", "-c", "64", "-s", "1024", "-z", servers=COMPRESSED),
    _messages("broadcast of 64 B to 10,000 connections", "-M", "fan", "-c", "10000", "-s", "64", servers=BROADCAST),
    # Memory repeats: once is enough.
    Scenario("10,000 idle connections", ["-M", "idle", "-c", "10000"], "bytes_per_conn", "bytes a connection", is_once=True),
]


def load(port, pid, options, seconds, warm_up, prefix=()):
    """The generator's JSON; a server that answers wrongly is a failure."""
    command = [*prefix, load_generator(), "-p", str(port), "-P", str(pid), "-d", str(seconds), "-w", str(warm_up), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_LIMIT)
    try:
        result = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise SetupFailure(f"{' '.join(command)} gave no result:\n{done.stderr[-1000:]}") from None
    if done.returncode != 0 or result.get("errors"):
        raise SetupFailure(f"{' '.join(command)}: {result.get('errors')} errors\n{done.stderr[-1000:]}")
    return result


def measure(server, scenario, seconds):
    """The scenario's figure, the server on the first core and the generator on the last."""
    first, *_, last = [*cores(), *cores()]
    with running(*server, "taskset", "-c", str(first)) as (child, port):
        result = load(port, server_pid(child), scenario.options, seconds, min(1, seconds), ("taskset", "-c", str(last)))
    return result[scenario.figure]
