"""What TLS adds to a server's leaks: each way in which a TLS connection can end, beside a server that survives it.

A server that keeps a peer whose connection is over for as long as that peer stays, one that serves nobody while a peer is
silent, and a cache of sessions, which is no leak.
"""

import json
import subprocess
import sys
import tempfile
from functools import cache, partial
from pathlib import Path

from Harness.environments import SetupFailure, system_package

from .case import EXIT_CODES, MEMORY, Case, Target, findings
from .servers import SERVERS
from .verdicts import _leak as leak

SERVER = SERVERS / "tls" / "secure.py"
KIB = 1024


def cases(seeds):
    for name, arguments, rows, (words, judge), budget in _cases():
        options = ("--pause", "3s", *(word for row in rows for word in ("--lifecycle", row)))
        # What is counted needs no probe, which would only take its time.
        if "memory" not in words:
            options += ("--heap", "none")
        yield Case(name=name, expected=words, prepare=partial(_target, arguments), judge=judge, seed=seeds[0],
                   options=options, budget=budget)


def _cases():
    """Names, what the server is told, rows, expectations and budgets."""
    # What takes longest comes first: others are run beside it. Nothing waits for a budget: a check ends when all is decided.
    yield "survives records and keys", [], ["tls-record", "tls-keys", "tls-renegotiate"], SURVIVES, 240
    yield ("waits for close_notify without a limit", ["unanswered"], ["tls-unanswered/hold"],
           _kept("tls-unanswered/hold"), 60)
    yield "waits for the FIN after close_notify", ["notify"], ["tls-notify/hold"], _kept("tls-notify/hold"), 60
    yield "OpenSSL's cache of sessions", [], ["tls-session/uncached"], CACHE, 30
    yield ("4 KiB for each session without a ticket", ["cached", 4 * KIB], ["tls-session/uncached"], NOT_CLEAN, 30)
    yield "survives every end of a handshake", [], ["tls-hello", "tls-refuse", "tls-only"], SURVIVES, 240
    yield "survives ends that it must notice", [], ["tls-notify", "tls-unanswered"], SURVIVES, 240
    yield "shakes hands where it accepts", ["stall"], ["stall-handshake/silent"], _stalled(True), 30
    yield "shakes hands elsewhere", [], ["stall-handshake/silent", "tls-hello/stall"], _stalled(False), 30
    for told, row in [("hello", "tls-hello/half"), ("refuse", "tls-refuse/distrust"), ("only", "tls-only/fin"),
                      ("record", "tls-record/cut")]:
        yield f"forgets a socket: {told}", [told], [row], leak("descriptors", 1, row=row), 90
    for told, row in [("session", "tls-refuse/distrust"), ("resumed", "tls-session/resumed")]:
        yield f"keeps 4 KiB: {told}", [told, 4 * KIB], [row], leak("memory", 4 * KIB, row=row), 90


@cache
def _certificate():
    """A file with a key and a certificate of its own."""
    system_package("openssl", program="openssl")
    folder = Path(tempfile.mkdtemp(prefix="watertight-tls-"))
    key, certificate, both = folder / "key.pem", folder / "certificate.pem", folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=localhost"]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode != 0:
        raise SetupFailure(f"no certificate was made: {made.stderr}")
    both.write_text(key.read_text() + certificate.read_text())
    return str(both)


def _target(arguments, watertight):
    command = [sys.executable, str(SERVER), "{port}", _certificate(), *map(str, arguments)]
    return Target(command, scheme="wss")


# What must come out.

def _kept(row):
    """A leak of descriptors that lasts for as long as the peers stay, with that reason."""
    def judge(exit_code, report):
        wrong = [] if exit_code == 1 else [f"exit code {exit_code} ({EXIT_CODES.get(exit_code, 'error')}), not 1"]
        for lifecycle, finding in findings(report):
            is_kept = '"keptWhileStaying"' in json.dumps(finding.get("reason", {}))
            if finding["resource"] == "descriptors":
                if finding["verdict"] != "leak" or not is_kept or finding["perConnection"] != 1:
                    wrong.append(f"descriptors@{lifecycle} are {finding['verdict']}: {finding['statement']}")
            elif finding["verdict"] == "leak":
                wrong.append(f"{finding['resource']}@{lifecycle} is called a leak")
        return "; ".join(wrong) or None
    return f"leak descriptors@{row} 1, while peers stay", judge


def _stalled(is_stalled):
    def judge(exit_code, report):
        wrong = [] if exit_code in ([2] if is_stalled else [0, 2]) else [f"exit code {exit_code}"]
        for row in report["results"]:
            kind = (row.get("stall") or {}).get("kind")
            if kind != ("serving" if is_stalled else None):
                wrong.append(f"{row['lifecycle']}: stall {kind}")
        return "; ".join(wrong) or None
    return "a stall" if is_stalled else "no stall", judge


def _judge_survives(exit_code, report):
    """Nothing leaks, and what is counted is clean; there may be no time for memory."""
    wrong = [] if exit_code in (0, 2) else [f"exit code {exit_code} ({EXIT_CODES.get(exit_code, 'error')})"]
    for lifecycle, finding in findings(report):
        allowed = ["clean"] if finding["resource"] in ("descriptors", "threads") else ["clean", "inconclusive"]
        if finding["verdict"] not in allowed:
            wrong.append(f"{finding['resource']}@{lifecycle} is {finding['verdict']}: {finding['statement']}")
    return "; ".join(wrong) or None


def _judge_cache(exit_code, report):
    wrong = [] if exit_code in (0, 2) else [f"exit code {exit_code} ({EXIT_CODES.get(exit_code, 'error')})"]
    for lifecycle, finding in findings(report):
        what = f"{finding['resource']}@{lifecycle} is {finding['verdict']}: {finding['statement']}"
        is_cache = '"sessionCache"' in json.dumps(finding.get("reason", {}))
        is_memory = finding["resource"] in (*MEMORY, "blocks")
        if finding["verdict"] != "clean" and not (is_memory and is_cache and finding["verdict"] == "inconclusive"):
            wrong.append(what)
    return "; ".join(wrong) or None


def _judge_not_clean(exit_code, report):
    if exit_code not in (1, 2):
        return f"exit code {exit_code}: what is kept beside the cache is called clean"
    return None


SURVIVES = ("clean, memory may stay undecided", _judge_survives)
CACHE = ("no leak of memory, the cache is named", _judge_cache)
NOT_CLEAN = ("memory is not clean", _judge_not_clean)
