"""Whether a command has printed what a page promises.

A line of the page stands for a line of the output that has its words in their order, and perhaps others between. Amounts may
differ by a tenth; other numbers, such as bounds, seeds and seconds, are those of a run. `…` is the page's own.
"""

import re

TOLERANCE = 0.1

UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}

NUMBER = re.compile(r"[-+(]*(\d[\d,]*(?:\.\d+)?)%?[),;?]*$")

ANNOUNCED = {"leak", "leaks", "leaves", "same", "heap:"}
"""The words before an amount."""

BLURRED = "privateMemory"
"""The column that may say one thing or the other beside a leak of the heap, which explains it."""


def missing(promised, output):
    """The promised lines that the output has not, in their order."""
    printed = [_words(line) for line in _without_column(output)]
    return [line for line in _without_column(promised) if not any(_fits(_words(line), words) for words in printed)]


def _without_column(lines):
    """The lines, without the cells of the blurred column, where there is a table."""
    kept, column = [], None
    for line in lines:
        cells = re.split(r"\s{2,}", line.strip())
        if cells[0] == "lifecycle" and BLURRED in cells:
            column = cells.index(BLURRED)
        elif column is not None and len(cells) <= column:
            column = None
        if column is not None:
            del cells[column]
            line = "  ".join(cells)
        kept.append(line)
    return kept


def _words(line):
    """Words, and for an amount its size in bytes or pieces; None for any other number."""
    words, raw = [], line.split()
    for before, word, after in zip(["", *raw], raw, [*raw[1:], ""]):
        number, unit = NUMBER.match(word), after.rstrip("),;?")
        if number:
            size = float(number[1].replace(",", "")) * UNITS.get(unit, 1)
            words.append(size if _is_amount(before, word, unit) else None)
        elif word not in ("…", *UNITS):
            words.append(word)
    return words


def _is_amount(before, word, unit):
    if word[0] == "(":
        return unit in UNITS
    return word[0] == "+" or before in ANNOUNCED


def _fits(promised, printed):
    """Whether the one is a part of the other, in its order."""
    rest = iter(printed)
    return all(any(_same(word, other) for other in rest) for word in promised)


def _same(promised, printed):
    if isinstance(promised, float) and isinstance(printed, float):
        return abs(promised - printed) <= TOLERANCE * promised
    return promised == printed
