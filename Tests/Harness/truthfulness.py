"""What many checks say about the check: false alarms, power, naming, slow release."""

from suites.trial import Plant, blamed, grade, planted_finding

from .figures import Figures, grouped, median, share, worst

RESOURCES = ["descriptors", "threads", "privateMemory", "liveHeap"]


def tables(lines):
    """Every table that the lines of results have something for."""
    lines = [line for line in lines if not line["failure"]]
    made = []
    for suite, make in [("clean", [_false_alarms]), ("planted", [_power, _naming]), ("slow", [_slow])]:
        fitting = [line for line in lines if line["suite"] == suite]
        if fitting:
            made += [each(fitting) for each in make]
    return made


def _pairs(line):
    return [(finding["row"], finding) for finding in line["findings"]]


def _false_alarms(lines):
    rows = []
    for server, group in [*sorted(grouped(lines, lambda line: line["server"]).items()), ("all", lines)]:
        all_findings = [finding for line in group for finding in line["findings"]]
        open_shares = []
        for resource in RESOURCES:
            fitting = [finding for finding in all_findings if finding["resource"] == resource]
            undecided = sum(finding["verdict"] == "inconclusive" for finding in fitting)
            open_shares.append(f"{100 * undecided / len(fitting):.1f}%" if fitting else "-")
        leaks = sum(finding["verdict"] == "leak" for finding in all_findings)
        rows.append([server, len(group), len(all_findings), leaks, *open_shares,
                     median(line["seconds"] for line in group)])
    return Figures(
        "False alarms: servers that do not leak",
        ["server", "checks", "rows × resources", "leaks reported",
         *[f"{resource} inconclusive" for resource in RESOURCES], "median s"], rows)


def _plant(line):
    return Plant(**line["plant"])


def _power(lines):
    rows = []
    groups = grouped(lines, lambda line: (line["plant"]["text"], line["server"]))
    order = {text: index for index, text in enumerate(grouped(lines, lambda line: line["plant"]["text"]))}
    for (text, server), group in sorted(groups.items(), key=lambda item: _by_size(item, order)):
        found = [planted_finding(_plant(line), _pairs(line)) for line in group]
        grades = [grade(_plant(line), finding) for line, finding in zip(group, found)]
        detected = [(line, finding) for line, finding, given in zip(group, found, grades) if given == "leak"]
        errors = [100 * abs(finding["perConnection"] / line["plant"]["size"] - 1) for line, finding in detected
                  if line["plant"]["size"] and finding.get("perConnection") is not None]
        rows.append([
            text, server, len(group), share(grades.count("leak"), len(group)), grades.count("inconclusive"),
            grades.count("below"), grades.count("missed"), median(line["seconds"] for line, _ in detected),
            median((finding.get("perConnection") for _, finding in detected), "{:.4g}"),
            median(errors, "{:.1f}%"), worst(errors, "{:.1f}%")])
    return Figures(
        "Power: planted leaks",
        ["plant", "server", "checks", "detected", "inconclusive", "clean above its size", "missed", "median s",
         "median amount", "size error, median", "size error, worst"], rows)


def _by_size(item, order):
    (text, server), group = item
    plant = group[0]["plant"]
    return plant["resource"], plant["size"] is None, plant["size"] or 0, order[text], server


def _naming(lines):
    rows = []
    for server, group in [*sorted(grouped(lines, lambda line: line["server"]).items()), ("all", lines)]:
        detected = [line for line in group
                    if grade(_plant(line), planted_finding(_plant(line), _pairs(line))) == "leak"]
        wrong = [line for line in group if blamed(_plant(line), _pairs(line))]
        named = [line for line in detected if not blamed(_plant(line), _pairs(line))]
        rows.append([server, len(group), len(detected), share(len(named), len(detected)), len(wrong)])
    return Figures(
        "Naming: the planted row is the one that is called a leak",
        ["server", "checks", "detected", "named, no other row blamed", "checks that blame another"], rows)


def _slow(lines):
    rows = []
    for (server, release, budget), group in sorted(
            grouped(lines, lambda line: (line["server"], line["release"], line["budget"])).items()):
        verdicts = [finding["verdict"] for line in group for finding in line["findings"]]
        leaks = sum(any(finding["verdict"] == "leak" for finding in line["findings"]) for line in group)
        released = [finding["releasedWithinSeconds"] for line in group for finding in line["findings"]
                    if finding.get("releasedWithinSeconds") is not None]
        said = sum(any(finding.get("releasedWithinSeconds") is not None for finding in line["findings"])
                   for line in group)
        rows.append([server, f"{release:g}", budget, len(group), leaks, verdicts.count("clean"),
                     verdicts.count("inconclusive"), share(said, len(group)), median(released),
                     median(line["seconds"] for line in group)])
    return Figures(
        "Slow release: descriptors and memory that are given back after a while",
        ["server", "released after s", "budget s", "checks", "checks that report a leak", "findings clean",
         "inconclusive", "checks that say “released after”", "median of it", "median s"], rows)
