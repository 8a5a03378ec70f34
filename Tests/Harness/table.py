"""Rows that are printed as they come about, and the count that closes them."""

import sys
import threading


class Table:
    """A table of results in columns of fixed width; the last column may be as long as it likes."""

    def __init__(self, **columns):
        self._widths = list(columns.values())
        self._lock = threading.Lock()
        self.passed = 0
        self.failed = 0
        self.skipped = 0
        self._print([name.replace("_", " ") for name in columns])

    def add(self, result, *cells):
        """Prints a row and counts its result: "passed", "failed" or "skipped"."""
        with self._lock:
            setattr(self, result, getattr(self, result) + 1)
            self._print([str(cell) for cell in cells])

    def _print(self, cells):
        padded = [cell.ljust(width) for cell, width in zip(cells, self._widths)]
        print("  ".join(padded + cells[len(padded):]).rstrip())
        sys.stdout.flush()


def evidence(title, text, lines=40):
    """Prints the end of what a program said, indented."""
    text = text.strip()
    if not text:
        return
    print(f"    {title}:")
    for line in text.splitlines()[-lines:]:
        print(f"      {line}")
    sys.stdout.flush()
