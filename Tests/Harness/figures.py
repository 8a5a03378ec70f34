"""Tables of figures, in text and in Markdown."""

import statistics


class Figures:
    """A title, columns, rows of words."""

    def __init__(self, title, columns, rows):
        self.title = title
        self.columns = columns
        self.rows = [[str(cell) for cell in row] for row in rows]

    @property
    def text(self):
        widths = [max(len(row[i]) for row in [self.columns, *self.rows]) for i in range(len(self.columns))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                 for row in [self.columns, *self.rows]]
        return "\n".join([self.title, *lines])

    @property
    def markdown(self):
        lines = ["| " + " | ".join(row) + " |" for row in [self.columns, ["---"] * len(self.columns), *self.rows]]
        return "\n".join([f"### {self.title}", "", *lines])


def share(part, whole):
    return f"{part} of {whole} ({100 * part / whole:.0f}%)" if whole else "-"


def median(values, form="{:.1f}"):
    values = [value for value in values if value is not None]
    return form.format(statistics.median(values)) if values else "-"


def worst(values, form="{:.1f}"):
    values = [value for value in values if value is not None]
    return form.format(max(values)) if values else "-"


def grouped(lines, key):
    """Lines by their key, in the order in which keys come up."""
    groups = {}
    for line in lines:
        groups.setdefault(key(line), []).append(line)
    return groups
