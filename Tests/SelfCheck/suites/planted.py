"""Every leak that the built-in server can commit must be found, with its name and its size, and nothing else."""

from functools import partial

from .case import ALSO, EXIT_CODES, PLANTED, Case, Target, amount, belongs_to, findings, is_of

KINDS = {"descriptor": ("descriptors", 1), "memory=1024": ("memory", 1024), "thread": ("threads", 1)}
TOLERANCE = 0.10
PAUSE = "10s"
"""The built-in server keeps nothing of a connection that has ended, so a short pause is enough."""


def cases(seeds):
    for kind, (resource, size) in KINDS.items():
        for lifecycle in PLANTED:
            yield _case(f"{kind}@{lifecycle}", lifecycle, resource, size, seeds[0])
    yield _case("descriptor@fin:10", "fin", "descriptors", 0.1, seeds[0])
    yield _case("memory=4096@clean-close:4", "clean-close", "memory", 1024, seeds[0])
    for lifecycle in ["clean-close+deflate", "reset+deflate"]:
        yield _case(f"memory=1024@{lifecycle}", lifecycle, "memory", 1024, seeds[0], "--compression", "both")


def _case(plant, observed, resource, size, seed, *options):
    plain, *compressed = observed.split("+")
    lifecycle = "+".join([PLANTED[plain], *compressed])
    return Case(
        name=plant, expected=f"leak {resource}@{lifecycle} {amount(size, resource)}",
        prepare=partial(_target, plant), judge=partial(_judge, lifecycle, resource, size), seed=seed,
        options=("--profile", "quick", "--pause", PAUSE, *options))


def _target(plant, watertight):
    return Target([watertight, "serve", "--port", "{port}", "--plant-leak", plant])


def _judge(lifecycle, resource, size, exit_code, report):
    wrong = []
    if exit_code != 1:
        wrong.append(f"exit code {exit_code} ({EXIT_CODES.get(exit_code, 'error')}), not 1")
    sizes, open_verdicts = [], []
    for found_lifecycle, finding in findings(report):
        what = f"{finding['resource']}@{found_lifecycle}"
        verdict, found = finding["verdict"], finding["resource"]
        if found_lifecycle == lifecycle and belongs_to(found, resource):
            if verdict != "leak":
                open_verdicts.append(f"{what} is {verdict}: the planted leak was missed")
            elif is_of(found, resource):
                sizes.append(finding.get("perConnection") or 0)
        elif (belongs_to(found, resource) and _is_same(lifecycle, found_lifecycle)
              and (verdict == "leak" or not is_of(found, resource))):
            continue
        elif verdict != "clean":
            wrong.append(f"{what} is {verdict}")
    if not sizes:
        wrong += [f"no leak of {resource}@{lifecycle} in the report", *open_verdicts]
    elif not any(abs(found - size) <= TOLERANCE * size for found in sizes):
        wrong.append(f"{resource}@{lifecycle} is {amount(max(sizes), resource)}, not {amount(size, resource)} within 10%")
    return "; ".join(wrong) or None


def _is_same(planted, found):
    """Whether the server cannot tell the two lifecycles apart."""
    name, *compressed = planted.split("+")
    return found in ["+".join([other, *compressed]) for other in ALSO.get(name, [])]
