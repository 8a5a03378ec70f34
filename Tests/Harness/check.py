"""One check of a target, from its command line to its report."""

import json
import socket
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from .environments import SetupFailure
from .processes import Child

PROFILE_LIMIT = 480
"""Seconds that the default profile may take, the pause of a suspicion included."""

START_LIMIT = 120
"""Seconds that a target may take to listen that is started before its check."""

OVERRUN = 90
"""Seconds that a check may take beyond its budget, for targets that start and end slowly."""


@dataclass(frozen=True)
class Outcome:
    """What a check came to; `report` is None if it wrote none, `exit_code` if it did not end."""

    command: list
    exit_code: int | None
    report: dict | None
    text: str
    errors: str
    seconds: float

    @property
    def failure(self):
        """Why there is no report to judge; None if there is one."""
        if self.exit_code is None:
            return f"the check did not end in {self.seconds:.0f} s\n{self.errors}"
        if self.report is None:
            return f"exit code {self.exit_code}, and no JSON on stdout\n{self.errors}"
        if self.report["interrupted"]:
            return "the check was interrupted"
        return None


def check(watertight, target, seed, budget, options=(), command="check"):
    """Runs `watertight check`, or another `command`, on a target within `budget` seconds; None for the default profile's.

    Causes are looked for only where the options say so.
    """
    words = [watertight, command, "--json", "-", "--seed", str(seed), *options]
    if "--explain" not in options:
        words += ["--explain", "never"]
    if budget is not None:
        words += ["--budget", str(budget)]
    url = target.scheme + "://127.0.0.1:{port}" + (target.path or "/")
    with ExitStack() as stack:
        if target.runs_already:
            words.append(url.replace("{port}", stack.enter_context(running(target))))
        else:
            words += [*([url] if target.path or target.scheme != "ws" else []), "--", *target.command]
        return run(words, {} if target.runs_already else target.environment, budget)


@contextmanager
def running(target):
    """The port of a target that was started before, for as long as it is needed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Child([word.replace("{port}", str(port)) for word in target.command], target.environment) as server:
        deadline = time.monotonic() + START_LIMIT
        while not accepts(port):
            if server.returncode is not None or time.monotonic() > deadline:
                raise SetupFailure(f"{target.command[0]} does not listen: {server.errors_text[-400:]}")
            time.sleep(0.05)
        yield str(port)


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def run(words, environment, budget):
    """What a check comes to, by its command line."""
    start = time.monotonic()
    with Child(words, environment) as child:
        exit_code = child.wait((PROFILE_LIMIT if budget is None else budget) + OVERRUN)
        stacks = ""
        if exit_code is None:
            stacks = "\n" + child.stacks()
            # Interrupted, it still writes what it has.
            child.end()
        text, errors = child.output_text, child.errors_text + stacks
    report = None
    if exit_code is not None:
        try:
            report = json.loads(text)
        except ValueError:
            pass
    return Outcome(words, exit_code, report, text, errors, time.monotonic() - start)


def save(folder, name, outcome):
    """Writes the report, and what the check said beside it; returns the report's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(outcome.text + "\n")
    if outcome.errors:
        (folder / f"{name}.stderr").write_text(" ".join(outcome.command) + "\n" + outcome.errors + "\n")
    return path
