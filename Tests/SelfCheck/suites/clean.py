"""Servers that do not leak: no run may say that they do."""

from functools import partial
from pathlib import Path

from harness.environments import node_with_ws, virtual_environment

from .case import EXIT_CODES, Case, Target, findings

SERVERS = Path(__file__).resolve().parents[1] / "servers"

PYTHON_PEERS = {
    "websockets": ["websockets==17.4"],
    "aiohttp": ["aiohttp==3.14.*"],
    "picows": ["picows==2.3.*", "uvloop"],
}


def cases(seeds):
    for seed in seeds:
        yield _case(f"watertight serve, seed {seed}", _built_in, seed)
    for name, requirements in PYTHON_PEERS.items():
        yield _case(f"{name} echo", partial(python_target, name, requirements), seeds[0])
    yield _case("node-ws echo", node_target, seeds[0])


def _case(name, prepare, seed):
    return Case(name=name, expected="no leak", prepare=prepare, judge=_judge, seed=seed)


def _built_in(watertight):
    return Target([watertight, "serve", "--port", "{port}"])


def python_target(name, requirements, watertight):
    interpreter = virtual_environment(name, requirements)
    return Target([interpreter, str(SERVERS / f"{name}_echo.py"), "--port", "{port}"])


def node_target(watertight):
    environment = node_with_ws()
    return Target(["node", str(SERVERS / "node_ws_echo.js"), "--port", "{port}"], environment)


def _judge(exit_code, report):
    leaks = [f"{finding['resource']}@{lifecycle}" for lifecycle, finding in findings(report)
             if finding["verdict"] == "leak"]
    if leaks:
        return f"called a leak: {', '.join(leaks)}"
    if exit_code not in (0, 2):
        return f"exit code {exit_code} ({EXIT_CODES.get(exit_code, 'error')}), not 0 or 2"
    return None
