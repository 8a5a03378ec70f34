"""How many scripts a second a search tries, and what its time goes into; two programs can be set beside each other."""

import json
import statistics
from functools import partial

from Harness.figures import Figures
from Harness.processes import Child
from suites.servers import built_in, python

from .servers import SetupFailure, watertight

SERVERS = {"watertight": built_in, "aiohttp": partial(python, "aiohttp")}
BUDGET = 30
"""Seconds of a search."""

LIMIT = 240
"""Seconds after which it must have ended, with what it followed at the end."""


def searching(rounds, before=None):
    """Searches of healthy servers; with `before`, an older program, each round has one of both."""
    programs = {"search": watertight()[0][0], **({"before": before} if before else {})}
    rows, figures = [], {}
    for server, make in SERVERS.items():
        runs = {name: [] for name in programs}
        for seed in range(1, rounds + 1):
            for name, program in programs.items():
                runs[name].append(_search(program, make(program), seed))
        figures[server] = runs
        rows += [_row(server, name, reports, runs["search"]) for name, reports in runs.items()]
    return Figures("Searching", [
        "server", "program", "scripts/s", "of all rounds", "ratio of search to it", "connections a script",
        "what the time went into"], rows), figures


def _row(server, name, reports, ours):
    rates = sorted(report["scriptsPerSecond"] for report in reports)
    ratios = [our["scriptsPerSecond"] / report["scriptsPerSecond"] for our, report in zip(ours, reports)]
    scripts = sum(report["scripts"] for report in reports)
    return [server, name, f"{statistics.median(rates):.0f}", f"{rates[0]:.0f} to {rates[-1]:.0f}",
            f"{statistics.median(ratios):.1f}", f"{sum(report['connections'] for report in reports) / scripts:.1f}",
            _parts(reports)]


def _parts(reports):
    """The three largest parts of the time, in percent; none of a program that does not say."""
    whole = sum(report["durationSeconds"] for report in reports)
    names = {name for report in reports for name in report.get("timeSpent", {}) if "rocessor" not in name}
    shares = sorted(((sum(report["timeSpent"][name] for report in reports) / whole, name) for name in names), reverse=True)
    return ", ".join(f"{name.removesuffix('Seconds')} {100 * share:.0f}%" for share, name in shares[:3]) or "-"


def _search(program, target, seed):
    command = [program, "search", "--budget", str(BUDGET), "--seed", str(seed), "--pause", "2s", "--json", "-", "--",
               *target.command]
    with Child(command, target.environment) as child:
        if child.wait(LIMIT) not in (0, 1, 2):
            raise SetupFailure(f"the search failed: {child.errors_text}")
        return json.loads(child.output_text)
