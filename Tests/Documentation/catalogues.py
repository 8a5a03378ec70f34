"""The DocC catalogues, converted as a documentation site would, where a warning is a failure: every link must lead somewhere."""

import os
import re
import shutil
import subprocess

from Documentation.modules import module_options
from Harness.environments import CHECKOUT

CONVERT_LIMIT = 120
"""Seconds that one catalogue may take."""

NO_PAGE = "NoSuchPage"


def faults(build, folder):
    """What docc says of each catalogue by its name, empty for one that it takes; `folder` is for what it makes."""
    published = re.search(r"documentation_targets:\s*\[(.*)\]", (CHECKOUT / ".spi.yml").read_text())[1].split(", ")
    found = {}
    for catalogue in sorted((CHECKOUT / "Sources").glob("*/*.docc")):
        module = catalogue.stem
        graph = folder / module
        graph.mkdir()
        complaint = _extract(module, "public" if module in published else "package", build, graph)
        found[module] = complaint or _convert(catalogue, graph, folder / f"{module}.doccarchive")
    return found


def notices_broken_links(folder):
    """Whether docc refuses a link to a page that is not there, and takes the same without it."""
    catalogue = folder / "Sample.docc"
    catalogue.mkdir()
    verdicts = []
    for text in ["# Sample\n\nAll is well.\n", f"# Sample\n\nSee <doc:{NO_PAGE}>.\n"]:
        (catalogue / "Sample.md").write_text(text)
        verdicts.append(_convert(catalogue, folder, folder / "Sample.doccarchive"))
    return not verdicts[0] and NO_PAGE in verdicts[1]


def _extract(module, access, build, graph):
    """Writes the symbols of a module into a folder."""
    return _complaint([
        "swift", "symbolgraph-extract", "-module-name", module, *module_options(build), "-target",
        f"{os.uname().machine}-unknown-linux-gnu", "-minimum-access-level", access, "-output-dir", graph])


def _convert(catalogue, graph, archive):
    shutil.rmtree(archive, ignore_errors=True)
    return _complaint([
        "docc", "convert", catalogue, "--additional-symbol-graph-dir", graph, "--output-dir", archive, "--warnings-as-errors"])


def _complaint(command):
    end = subprocess.run(command, capture_output=True, text=True, timeout=CONVERT_LIMIT)
    return (end.stderr + end.stdout).strip() or "it fails without a word" if end.returncode else ""
