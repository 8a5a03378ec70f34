"""Published releases that leak must be flagged, and the releases that fixed them, if there are any, cleared."""

import json
from functools import partial
from pathlib import Path

from Harness.environments import virtual_environment

from .case import EXIT_CODES, Case, Target, amount, belongs_to, findings, is_of

PAUSE = "20s"
"""None of these releases keeps a connection for longer than ten seconds."""
CORPUS = Path(__file__).resolve().parents[1] / "corpus"


def cases(seeds):
    for name, case in json.loads((CORPUS / "cases.json").read_text()).items():
        lifecycle = case["lifecycle"]
        heap = ("--heap", case["heap"]) if "heap" in case else ()
        for release, other in [("bad", "good"), ("good", "bad")]:
            if release not in case:
                continue
            is_bad = release == "bad"
            yield Case(
                name=f"{name} {release} ({' '.join(sorted(set(case[release]) - set(case.get(other, []))))})",
                expected=f"leak {case['resource']}@{lifecycle}" if is_bad else "clean",
                prepare=partial(_target, name, release, case),
                judge=partial(_judge_bad, case) if is_bad else partial(_judge_good, case),
                seed=seeds[0], options=("--lifecycle", lifecycle, "--pause", PAUSE, *heap))


def _target(name, release, case, watertight):
    # Releases of that age name no newer build tools, and those that came with their interpreters are gone from it.
    tools = ["setuptools<60", "wheel<0.38"] if case["python"] == "3.6" else ["setuptools", "wheel"]
    interpreter = virtual_environment(f"{name}-{release}", tools + case[release], case["python"])
    command = [interpreter, str(CORPUS / "servers" / case["server"]), "--port", "{port}"]
    return Target(command, path=case.get("path"))


def _judge_bad(case, exit_code, report):
    if exit_code != 1:
        return f"exit code {exit_code} ({EXIT_CODES.get(exit_code, 'error')}), not 1"
    least, most = case["perConnection"]
    fitting = [finding for lifecycle, finding in findings(report)
               if lifecycle == case["lifecycle"] and is_of(finding["resource"], case["resource"])]
    leaks = [finding for finding in fitting if finding["verdict"] == "leak"]
    if not leaks:
        return f"no leak of {case['resource']}@{case['lifecycle']}: " + ", ".join(
            f"{finding['resource']} is {finding['verdict']}" for finding in fitting)
    sizes = [finding.get("perConnection") or 0 for finding in leaks]
    if not any(least <= size <= most for size in sizes):
        return (f"the amount is {amount(max(sizes), case['resource'])}, "
                f"not {amount(least, case['resource'])} to {amount(most, case['resource'])}")
    return None


def _judge_good(case, exit_code, report):
    # A release that keeps connections for a while may leave memory undecided; its counts must be cleared all the same.
    open_resource = case.get("undecided")
    wrong = [f"{finding['resource']} is {finding['verdict']}" for _, finding in findings(report)
             if finding["verdict"] != "clean" and not (
                 open_resource and finding["verdict"] == "inconclusive"
                 and belongs_to(finding["resource"], open_resource))]
    if wrong or exit_code not in ((0, 2) if open_resource else (0,)):
        return "; ".join([f"exit code {exit_code} ({EXIT_CODES.get(exit_code, 'error')})", *wrong])
    return None
