"""One check of many: a case that says what the server leaks, so that many can be counted."""

from dataclasses import dataclass

from .case import ALSO, Case, belongs_to, findings, is_of


@dataclass(frozen=True)
class Plant:
    """What a server leaks on purpose, and where that must be seen."""

    text: str
    """As the servers take it, without the lifecycle: `memory=64`, `descriptor:10`."""
    resource: str
    size: float | None
    """Of the resource, per connection; None for what has no exact size, such as a task."""
    row: str


@dataclass(frozen=True)
class Trial:
    """A case with what it is counted under."""

    suite: str
    server: str
    case: Case
    plant: Plant | None = None
    release: float | None = None
    """Seconds after which the server gives back what it keeps."""
    budget: int | None = None
    """Seconds for the check; None for the run's own."""


def of_interest(plant, row, found):
    """Whether a finding is about what is planted."""
    return row == plant.row and is_of(found["resource"], plant.resource)


def planted_finding(plant, found):
    """The finding about what is planted, of pairs of row and finding; the probe's where there is one."""
    fitting = [finding for row, finding in found if of_interest(plant, row, finding)]
    return max(fitting, key=lambda finding: finding["resource"] == "liveHeap", default=None)


ALLOWED = {"descriptors": 1 / 250, "threads": 1 / 250}
"""Growth per connection that healthy servers show, too; 48 bytes of memory."""


def grade(plant, finding):
    """`leak`, `inconclusive`, `below` when it is called clean down to a size above the planted one, or `missed`.

    Clean with an interval that lies above what healthy servers show is missed, too: the report saw the growth.
    """
    if finding is None:
        return "missed"
    if finding["verdict"] != "clean":
        return finding["verdict"]
    least, interval = finding.get("smallestDetectable"), finding.get("interval")
    if interval and interval[0] > ALLOWED.get(finding["resource"], 48):
        return "missed"
    return "below" if plant.size is not None and least is not None and plant.size < least else "missed"


def blamed(plant, found):
    """Leaks in rows in which nothing is planted, and of resources that nothing planted takes."""
    # A thread has a stack, a descriptor its buffers: in the planted row memory belongs to the plant.
    return [f"{finding['resource']}@{row}" for row, finding in found if finding["verdict"] == "leak"
            and not of_interest(plant, row, finding)
            and not (row == plant.row and belongs_to(finding["resource"], "memory"))
            # The server sees the same there.
            and row not in ALSO.get(plant.row, [])]


def judge_planted(plant, exit_code, report):
    """What is wrong with a report of a server that leaks."""
    found = list(findings(report))
    finding = planted_finding(plant, found)
    wrong = [f"{what} is called a leak, and nothing was planted there" for what in blamed(plant, found)]
    if grade(plant, finding) == "missed":
        least = finding and finding.get("smallestDetectable")
        wrong.append(f"{plant.text} in {plant.row} is called clean, smallest detectable {least}")
    return "; ".join(wrong) or None
