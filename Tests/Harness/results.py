"""What a long run has found so far, a line of JSON for each check, so that it can go on where it stopped."""

import json


class Results:
    """The lines of a file, and what has been added to it."""

    def __init__(self, path):
        self._path = path
        self.lines = []
        if path.exists():
            for line in path.read_text().splitlines():
                try:
                    self.lines.append(json.loads(line))
                except ValueError:
                    # The last line of a run that was killed.
                    continue
            # Whatever was cut off must not take the next line with it.
            path.write_text("".join(json.dumps(line) + "\n" for line in self.lines))

    def has(self, name, seed, budget):
        """Whether that check has been made and has a report."""
        return any((line["case"], line["seed"], line["budget"]) == (name, seed, budget) and not line["failure"]
                   for line in self.lines)

    def add(self, line):
        self.lines.append(line)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")
