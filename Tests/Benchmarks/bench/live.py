"""What a live page costs the check that it shows: processor time of its thread, with nobody and with somebody who looks on."""

import os
import re
import socket
import statistics
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from Harness.figures import Figures
from Harness.processes import Child

from .servers import SetupFailure, watertight

THREAD = "server loop"
"""The page's thread in the check's process, which has no other server."""

ADDRESS_LIMIT = 30
CHECK_LIMIT = 180
INTERVAL = 0.05
"""Seconds from look to look at the thread's time."""


def showing(rounds):
    """Checks of the built-in server with a page: none looks on, or one does."""
    program = watertight()[0][0]
    figures = {name: [_check(program, viewers) for _ in range(rounds)] for name, viewers in [("nobody", 0), ("one viewer", 1)]}
    rows = []
    for name, runs in figures.items():
        cpu, wall, whole = (statistics.median(column) for column in zip(*runs))
        shares = sorted(100 * run[0] / run[1] for run in runs)
        rows.append([name, f"{wall:.1f}", f"{whole:.2f}", f"{1000 * cpu:.1f}",
                     f"{statistics.median(shares):.2f}%", f"{shares[0]:.2f} to {shares[-1]:.2f}%"])
    return Figures("A live page beside a check", [
        "who looks on", "seconds of the check", "CPU seconds of the check", "CPU ms of the page", "share of a core",
        "of all rounds"], rows), figures


def _check(program, viewers):
    """CPU seconds of the page's thread, seconds of the check, and CPU seconds of its process."""
    command = [
        program, "check", "--live", "--profile", "quick", "--budget", "30", "--pause", "5", "--seed", "7", "--explain",
        "never", "--", program, "serve", "--port", "{port}"]
    with Child(command) as child:
        url, began, page, whole = _address(child), time.monotonic(), 0.0, 0.0
        for _ in range(viewers):
            threading.Thread(target=_view, args=(url,), daemon=True).start()
        while child.returncode is None:
            if time.monotonic() - began > CHECK_LIMIT:
                raise SetupFailure("the check does not end")
            page, whole = max(page, _seconds(child.pid, THREAD)), max(whole, _seconds(child.pid, None))
            time.sleep(INTERVAL)
        return page, time.monotonic() - began, whole


def _address(child):
    deadline = time.monotonic() + ADDRESS_LIMIT
    while time.monotonic() < deadline:
        if match := re.search(r"^live: (\S+)$", child.errors_text, re.MULTILINE):
            return urlsplit(match[1])
        time.sleep(0.01)
    raise SetupFailure(f"the check gives no address: {child.errors_text}")


def _seconds(pid, name):
    """Processor time of the threads of that name, or of all; 0 where they are gone."""
    total = 0
    for file in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            _, rest = file.read_text().split("(", 1)
        except OSError:
            continue
        comm, fields = rest.rsplit(") ", 1)
        if name in (None, comm):
            words = fields.split()
            total += int(words[11]) + int(words[12])
    return total / os.sysconf("SC_CLK_TCK")


def _view(url):
    """Reads all that a viewer is sent."""
    with socket.create_connection((url.hostname, url.port)) as viewer:
        viewer.sendall(
            f"GET {url.path}/events HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode())
        try:
            while viewer.recv(1 << 16):
                pass
        except ConnectionError:
            # The check has ended.
            pass
