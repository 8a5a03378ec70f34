"""Leaks that are hard to tell from what is healthy, each beside a healthy twin, and servers of which nothing can be said.

Room from before the first connection, leaks of one connection in many, retention for a while, memory outside a collected
heap, workers that are replaced, connections that end in the target's own way, paths that take seconds.
"""

import json
import sys
from functools import partial

from Harness.environments import compiled, system_package

from .case import EXIT_CODES, MEMORY, Case, Target, amount, belongs_to, findings, is_of
from .servers import SERVERS

FOLDER = SERVERS / "verdicts"
TOLERANCE = 0.10
KIB = 1024


def cases(seeds):
    for make in [_room, _mix, _java, _ruby, _workers, _endings, _heartbeat, _sessions, _timers, _many]:
        for name, server, expected, options, budget in make():
            words, judge = expected
            yield Case(name=name, expected=words, prepare=server, judge=judge, seed=seeds[0],
                       options=options, budget=budget)


# Each yields names, servers, expectations, options and budgets.

def _room():
    options = _row("clean-close", "3s")
    yield "room of 20 MiB, keeps 8 KiB", _c("room", 8 * KIB, 20), _leak("memory", 8 * KIB), options, 40
    yield "room of 20 MiB, keeps nothing", _c("room", 0, 20), CLEAN, options, 40
    yield "1 MiB of each 2,000th", _c("room", KIB * KIB, 0, 2000), _leak("memory", KIB * KIB / 2000), options, 60
    # The average over all connections is less than what each leaves from then on.
    late = _leak("memory", KIB, least=0.5)
    yield "1 KiB from the 5,000th on", _c("room", KIB, 0, 1, 5000), late, options, 60
    # Smaller than what any machine drives before it suspects a leak; a larger one looks like one until it is full.
    yield "a cache of 4,000 entries", _c("room", 256, 0, 1, 0, 4000), CLEAN, options, 60


def _mix():
    options = _row("clean-close", "6s")
    yield ("a descriptor of ten for good, nine for 3 s", _c("mix", 0, 3, 10), _leak("descriptors", 0.1), options, 60)
    yield "descriptors for 3 s", _c("mix", 0, 3, 0), CLEAN, options, 60
    yield ("a block of ten for good, nine for 3 s", _c("mix", 4096, 3, 10), _leak("memory", 410), options, 60)
    yield "blocks for 3 s", _c("mix", 4096, 3, 0), CLEAN, options, 60


def _java():
    options = _row("clean-close", "3s")
    yield "4,000 B outside Java's heap", partial(_off_heap, 4000), _leak("memory", 4000), options, 120
    yield "nothing outside Java's heap", partial(_off_heap, 0), NO_LEAK, options, 120


def _ruby():
    options = _row("clean-close", "3s")
    # A slot of 40 bytes, and a block of 80; or three slots.
    for kind, objects, size in [("string", 1, 120), ("session", 3, 120)]:
        leak = _all(_leak("objects", objects), _leak("memory", size))
        yield f"Ruby keeps a {kind}", partial(_ruby_echo, kind, 0), leak, options, 40
    yield "Ruby keeps nothing", partial(_ruby_echo, "nothing", 0), CLEAN, options, 40
    leak = _all(_leak("objects", 3), _leak("memory", 120))
    yield "two workers of Ruby keep a session", partial(_ruby_echo, "session", 2), leak, options, 40
    yield "two workers of Ruby keep nothing", partial(_ruby_echo, "nothing", 2), CLEAN, options, 120


def _workers():
    options = _row("clean-close", "3s")
    yield "a worker that leaks and is replaced", _python("handoff", 500, KIB, 1), REPLACED, options, 30
    yield "a worker that leaks", _python("handoff", 0, 0, 1), _leak("descriptors", 1), options, 30
    yield "a worker", _python("handoff", 0, 0, 0), CLEAN, options, 40
    yield "a process for each connection, keeps 4 KiB", _python("forks", "leak"), _leak("memory", 4 * KIB), options, 150
    yield "a process for each connection", _python("forks"), CLEAN, options, 150
    yield "workers of a Node cluster that leak and are replaced", _node("cluster", 1, 150), REPLACED, options, 40
    yield "workers of a Node cluster that leak", _node("cluster", 1, 0), _leak("descriptors", 1), options, 40
    # Reading the heap of V8 leaves some bytes in it: near what is called a leak, which may stay undecided.
    yield "workers of a Node cluster", _node("cluster", 0, 0), NO_LEAK, options, 60


def _endings():
    options = _row("clean-close", "3s")
    for way, what in [("raises", "raises on the message"), ("abrupt", "ends TCP on a Close"),
                      ("takes-all", "answers 101 to everything")]:
        yield f"{what}, keeps 4 KiB", _python("odd", way, "leak"), _leak("memory", 4 * KIB), options, 40
        yield what, _python("odd", way), CLEAN, options, 40
    # Its peers are let in where they were to be refused.
    let_in = _row("reject/no-upgrade", "3s")
    yield "answers 101 to what is no upgrade", _python("odd", "takes-all", "leak"), NOT_DRIVEN, let_in, 20


def _heartbeat():
    leaking = _python("heartbeat", "leak")
    # Peers that leave before the first Ping show nothing, which is no reason to call it clean.
    yield ("forgets who misses Pings, not its session", leaking, NOT_CLEAN, ("--lifecycle", "idle/no-pong"), 120)
    options = (*_row("idle/no-pong", "6s"), "--hold", "5s")
    leak = _leak("memory", 4 * KIB, row="idle/no-pong")
    yield "forgets who misses Pings, not its session, held", leaking, leak, options, 120
    yield "forgets who misses Pings, held", _python("heartbeat"), CLEAN, options, 120


def _sessions():
    # The standard pause is longer than what is kept for a while, unless the user knows better.
    standing = ("--lifecycle", "clean-close")
    yield ("8 KiB for 12 s", _python("sessions", 8 * KIB, 12), CLEAN, _row("clean-close", "20s"), 90)
    yield ("8 KiB for good, pause 20 s", _python("sessions", 8 * KIB, 12, "leak"), _leak("memory", 8 * KIB),
           _row("clean-close", "20s"), 90)
    for kind, resource, size in [("descriptor", "descriptors", 1), (4 * KIB, "memory", 4 * KIB)]:
        yield f"{resource} of a session for 45 s", _python("sessions", kind, 45), CLEAN, standing, 200
        yield (f"{resource} of a session for good", _python("sessions", kind, 45, "leak"), _leak(resource, size),
               standing, 200)


def _timers():
    # Longer than the standing pause: the timers that connections have left say for how long.
    standing = ("--lifecycle", "clean-close")
    yield "a descriptor until a timer of 90 s", _python("sessions", "descriptor", 90, "timer"), CLEAN, standing, 240
    beat = _python("sessions", "descriptor", 90, "beat")
    yield "a descriptor and a timer of 90 s that is set anew", beat, _leak("descriptors", 1), standing, 240
    yield "4 KiB of Node's heap until a timer of 90 s", _node("timers", 90), NO_LEAK, standing, 240
    yield "4 KiB of Node's heap and such a timer set anew", _node("timers", 90, "beat"), _leak("memory", 4 * KIB), standing, 240


def _many():
    options = _row("clean-close", "3s")
    yield "16 workers, one leaks a descriptor of ten", partial(_holders, 10), _leak("descriptors", 0.1), options, 40
    yield "16 workers", partial(_holders, 0), CLEAN, options, 40


def _row(lifecycle, pause):
    return ("--lifecycle", lifecycle, "--pause", pause)


# What is started.

def _program(name):
    system_package("gcc", program="cc")
    source = FOLDER / f"{name}.c"
    folder = compiled(source, lambda folder: ["cc", "-O2", "-o", f"{folder}/{name}", str(source)], [FOLDER / "echo.h"])
    return f"{folder}/{name}"


def _c(name, *arguments):
    return lambda watertight: Target([_program(name), "{port}", *map(str, arguments)])


def _python(name, *arguments):
    return lambda watertight: Target([sys.executable, str(FOLDER / f"{name}.py"), "{port}", *map(str, arguments)])


def _node(name, *arguments):
    def prepare(watertight):
        system_package("nodejs", program="node")
        return Target(["node", str(FOLDER / f"{name}.js"), "{port}", *map(str, arguments)])
    return prepare


def _off_heap(size, watertight):
    system_package("default-jdk-headless", program="javac")
    source = FOLDER / "OffHeap.java"
    classes = compiled(source, lambda folder: ["javac", "-nowarn", "-d", str(folder), str(source)])
    return Target(["java", "-Xmx64m", "-XX:+UseSerialGC", "-cp", str(classes), "OffHeap", "{port}", str(size)])


def _ruby_echo(kind, workers, watertight):
    system_package("ruby", program="ruby")
    return Target(["ruby", str(FOLDER / "ruby_echo.rb"), "{port}", kind, str(workers)])


def _holders(every, watertight):
    """A leaking server among workers that hold forty descriptors each, where each process may have 1,024."""
    command = f"ulimit -n 1024; exec {_program('holders')} 16 40 {_program('mix')} {{port}} 0 0 {every}"
    return Target(["sh", "-c", command])


# What must come out.

def _leak(resource, size, row="clean-close", least=1 - TOLERANCE):
    def judge(exit_code, report):
        wrong = [] if exit_code == 1 else [f"exit code {exit_code} ({EXIT_CODES.get(exit_code, 'error')}), not 1"]
        others, sizes = [], []
        for lifecycle, finding in findings(report):
            what = f"{finding['resource']}@{lifecycle}"
            found = finding.get("perConnection")
            if finding["verdict"] != "leak":
                others.append(f"{what} is {finding['verdict']}: {finding['statement']}")
            elif lifecycle != row or not belongs_to(finding["resource"], resource):
                wrong.append(f"{what} is called a leak")
            elif is_of(finding["resource"], resource):
                sizes.append(found or 0)
        if not sizes:
            wrong += [f"no leak of {resource}@{row}", *others]
        elif not any(least * size <= found <= (1 + TOLERANCE) * size for found in sizes):
            wrong.append(f"{resource}@{row} is {amount(max(sizes), resource)}, not {amount(size, resource)} within 10%")
        return "; ".join(wrong) or None
    return f"leak {resource}@{row} {amount(size, resource)}", judge


def _all(*expectations):
    """Several things that must come out of one check."""
    def judge(exit_code, report):
        return "; ".join(filter(None, (judge(exit_code, report) for _, judge in expectations))) or None
    return "; ".join(words for words, _ in expectations), judge


def _judge_clean(codes, verdicts, exit_code, report):
    wrong = [] if exit_code in codes else [f"exit code {exit_code} ({EXIT_CODES.get(exit_code, 'error')})"]
    wrong += [f"{finding['resource']}@{lifecycle} is {finding['verdict']}: {finding['statement']}"
              for lifecycle, finding in findings(report) if finding["verdict"] not in verdicts]
    return "; ".join(wrong) or None


def _judge_not_clean(exit_code, report):
    wrong = [] if exit_code in (1, 2) else [f"exit code {exit_code} ({EXIT_CODES.get(exit_code, 'error')}), not 1 or 2"]
    memory = [(lifecycle, finding) for lifecycle, finding in findings(report) if finding["resource"] in MEMORY]
    if memory and all(finding["verdict"] == "clean" for _, finding in memory):
        wrong += [f"{finding['resource']}@{lifecycle} is clean: {finding['statement']}" for lifecycle, finding in memory]
    return "; ".join(wrong) or None


def _judge_replaced(exit_code, report):
    wrong = [] if exit_code == 2 else [f"exit code {exit_code} ({EXIT_CODES.get(exit_code, 'error')}), not 2"]
    for lifecycle, finding in findings(report):
        reason = json.dumps(finding.get("reason", {}))
        if finding["verdict"] != "inconclusive" or '"replaced"' not in reason:
            wrong.append(f"{finding['resource']}@{lifecycle} is {finding['verdict']}, for {reason}")
    return "; ".join(wrong) or None


def _judge_not_driven(exit_code, report):
    if exit_code != 2 or report["results"]:
        return f"exit code {exit_code}, {len(report['results'])} rows"
    if not any("accepts what was to be refused" in note for note in report["notes"]):
        return "no note says that the target accepts what was to be refused"
    return None


CLEAN = ("clean", partial(_judge_clean, [0], ["clean"]))
NO_LEAK = ("no leak", partial(_judge_clean, [0, 2], ["clean", "inconclusive"]))
NOT_CLEAN = ("memory is not clean", _judge_not_clean)
REPLACED = ("inconclusive: replaced", _judge_replaced)
NOT_DRIVEN = ("not driven", _judge_not_driven)
