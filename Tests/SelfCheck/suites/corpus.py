"""Published releases that leak must be flagged, and the releases that fixed them, if there are any, cleared."""

import json
from functools import partial
from pathlib import Path

from Harness.environments import virtual_environment

from .case import EXIT_CODES, Case, Target, amount, findings

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
    for lifecycle, finding in findings(report):
        if (lifecycle, finding["resource"]) == (case["lifecycle"], case["resource"]):
            if finding["verdict"] != "leak":
                return f"{case['resource']} is {finding['verdict']}: the leak was seen elsewhere"
            size = finding.get("perConnection")
            if size is None or not least <= size <= most:
                return (f"the amount is {amount(size, case['resource'])}, "
                        f"not {amount(least, case['resource'])} to {amount(most, case['resource'])}")
            return None
    return f"{case['resource']}@{case['lifecycle']} is not in the report"


def _judge_good(case, exit_code, report):
    # A release that keeps connections for a while may leave memory undecided; its counts must be cleared all the same.
    open_resource = case.get("undecided")
    wrong = [f"{finding['resource']} is {finding['verdict']}" for _, finding in findings(report)
             if finding["verdict"] != "clean" and
             (finding["verdict"], finding["resource"]) != ("inconclusive", open_resource)]
    if wrong or exit_code not in ((0, 2) if open_resource else (0,)):
        return "; ".join([f"exit code {exit_code} ({EXIT_CODES.get(exit_code, 'error')})", *wrong])
    return None
