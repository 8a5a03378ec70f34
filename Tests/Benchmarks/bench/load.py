"""One run of the load generator against one server."""

import json
import subprocess

from .servers import SetupFailure, cores, load_generator, running, server_pid

RUN_LIMIT = 120


class Scenario:
    """What is asked of a server, and which figure answers it."""

    def __init__(self, name, options, figure, unit):
        self.name = name
        self.options = options
        self.figure = figure
        self.unit = unit


ECHO = [
    Scenario("16 x 64 B", ["-c", "16", "-s", "64"], "server_cpu_ns_per_msg", "ns a message"),
    Scenario("1,000 x 64 B", ["-c", "1000", "-s", "64"], "server_cpu_ns_per_msg", "ns a message"),
    Scenario("64 x 16 KiB", ["-c", "64", "-s", "16384"], "server_cpu_ns_per_msg", "ns a message"),
    Scenario("64 x 64 B, 16 in flight", ["-c", "64", "-s", "64", "-q", "16"], "server_cpu_ns_per_msg", "ns a message"),
]
CHURN = Scenario(
    "connect, upgrade, Close", ["-M", "churn", "-c", "32"], "server_cpu_us_per_conn", "us a connection")
IDLE = Scenario(
    "10,000 idle connections", ["-M", "idle", "-c", "10000"], "bytes_per_conn", "bytes a connection")


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
