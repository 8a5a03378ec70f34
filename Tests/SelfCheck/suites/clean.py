"""Servers that do not leak: no run may say that they do."""

from functools import partial

from . import servers
from .case import EXIT_CODES, Case, findings


def cases(seeds):
    for seed in seeds:
        yield _case(f"watertight serve, seed {seed}", servers.built_in, seed)
    for name in servers.PYTHON_PEERS:
        yield _case(f"{name} echo", partial(servers.python, name), seeds[0])
    yield _case("node-ws echo", servers.node, seeds[0])


def _case(name, prepare, seed):
    return Case(name=name, expected="no leak", prepare=prepare, judge=judge, seed=seed)


def judge(exit_code, report):
    """What is wrong with a report of a server that does not leak."""
    leaks = [f"{finding['resource']}@{lifecycle}" for lifecycle, finding in findings(report)
             if finding["verdict"] == "leak"]
    if leaks:
        return f"called a leak: {', '.join(leaks)}"
    if exit_code not in (0, 2):
        return f"exit code {exit_code} ({EXIT_CODES.get(exit_code, 'error')}), not 0 or 2"
    return None
