"""What a tutorial has its reader do, taken from the blocks of its page in the order in which they stand.

A block in a language is a file if the line above it ends with "Save this as `NAME`:". One of diff changes the file that its first
line names. One of sh has commands, and one without a language has them after "$ ", each with the output that it promises;
`echo $?` asks for the exit code of the command before it.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAVED = re.compile(r"Save this as `([^`]+)`:\s*$")
EXIT_CODE = "echo $?"


class PageFault(Exception):
    """A page that its reader cannot follow."""


@dataclass
class File:
    """A file that the reader saves."""

    name: str
    text: str


@dataclass
class Change:
    """Lines of a file that the reader replaces."""

    name: str
    old: str
    new: str

    def applied(self, text):
        if text.count(self.old) != 1:
            raise PageFault(f"a diff does not fit {self.name}: its lines are there {text.count(self.old)} times\n{self.old}")
        return text.replace(self.old, self.new)


@dataclass
class Command:
    """A command that the reader gives, the lines that it is to print, and its exit code."""

    text: str
    promised: list = field(default_factory=list)
    code: int = 0


def steps(page):
    """The steps of a page's text."""
    found = []
    for match in BLOCK.finditer(page):
        found += _steps_of(match[1], match[2], SAVED.search(page[:match.start()]))
    return found


def _steps_of(language, text, saved):
    if language == "diff":
        return [_change(text)]
    if language == "sh":
        return [Command(line) for line in text.splitlines()]
    if language:
        if saved is None:
            raise PageFault(f"nothing says what file this is:\n{text}")
        return [File(saved[1], text)]
    return _session(text)


def _change(text):
    first, *lines = text.splitlines(keepends=True)
    if not first.startswith("--- ") or any(line[0] not in " +-" for line in lines):
        raise PageFault(f"a diff begins with --- NAME, and each of its lines with a blank, + or -:\n{text}")
    return Change(
        first[4:].strip(), "".join(line[1:] for line in lines if line[0] != "+"),
        "".join(line[1:] for line in lines if line[0] != "-"))


def _session(text):
    commands = []
    for line in text.splitlines():
        if line.startswith("$ "):
            commands.append(Command(line[2:]))
        elif commands:
            commands[-1].promised.append(line)
        else:
            raise PageFault(f"a block without a language begins with a command after $:\n{text}")
    for before, command in pairwise(commands):
        if command.text == EXIT_CODE:
            before.code = int(command.promised[0])
    return [command for command in commands if command.text != EXIT_CODE]
