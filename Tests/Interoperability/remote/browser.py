"""Chromium without a window, directed through DevTools."""

import asyncio
import itertools
import json
import os
import tempfile
from asyncio.subprocess import PIPE

from Harness.processes import adopt_orphans, end_children

BEGIN_LIMIT = 60
"""Seconds until the browser answers."""

END_LIMIT = 5
"""Seconds until the browser has ended."""

LONGEST_MESSAGE = 1 << 26


class Browser:
    """A running Chromium, ended with all that it has started when the block that uses it is left.

    It is called with the methods of the DevTools protocol, and has a listener for each event that matters.
    """

    def __init__(self, *options):
        self._options = options
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._process = None
        self._numbers = itertools.count(1)
        self._calls = {}
        self.profile = f"{self._folder.name}/profile"
        self.version = None
        self.listeners = {}

    async def __aenter__(self):
        try:
            await asyncio.wait_for(self._begin(), BEGIN_LIMIT)
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(self, *_):
        await self._end()

    async def _begin(self):
        # It starts daemons, which report crashes.
        adopt_orphans()
        command = [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--no-proxy-server", "--log-level=3", f"--user-data-dir={self.profile}", "--remote-debugging-pipe",
            *self._options, "about:blank",
        ]
        # It reads from descriptor 3 and writes to 4, a NUL after each message, and ends with what is at the other ends.
        self._process = await asyncio.create_subprocess_exec(
            "sh", "-c", 'exec "$@" 3<&0 4>&1 0</dev/null 1>&2', "sh", *command, stdin=PIPE, stdout=PIPE,
            limit=LONGEST_MESSAGE,
            env={**os.environ, "HOME": self._folder.name, "DBUS_SESSION_BUS_ADDRESS": "disabled:"})
        self.following = asyncio.create_task(self._follow())
        self.version = (await self.call("Browser.getVersion"))["product"].partition("/")[2]

    async def call(self, method, session=None, **parameters):
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        called = self._calls[number] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps(message).encode() + b"\0")
        await self._process.stdin.drain()
        answer = await called
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    async def _follow(self):
        try:
            while True:
                message = json.loads((await self._process.stdout.readuntil(b"\0"))[:-1])
                if message.get("id") in self._calls:
                    self._calls.pop(message["id"]).set_result(message)
                elif listener := self.listeners.get(message.get("method")):
                    listener(message["params"])
        except asyncio.IncompleteReadError:
            for call in self._calls.values():
                call.set_exception(RuntimeError("the browser has ended"))

    async def _end(self):
        if self._process:
            self._process.stdin.close()
            try:
                await asyncio.wait_for(self._process.wait(), END_LIMIT)
            except asyncio.TimeoutError:
                pass
        end_children()
        self._folder.cleanup()
