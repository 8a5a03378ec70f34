"""Chromium without a window, directed through DevTools."""

import asyncio
import base64
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

PAGE_LIMIT = 30
"""Seconds until a page is there."""

KEYS = {"Tab": (9, ""), "Enter": (13, "\r")}
"""The code of each key, and the text that it writes."""


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


class Page:
    """A page of a browser, looked at as a person would: in a window of some size, in light or dark, by keyboard, in print."""

    def __init__(self, browser, session):
        self._browser, self._session = browser, session

    @staticmethod
    async def open(browser, url):
        target = await browser.call("Target.createTarget", url="about:blank")
        attached = await browser.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        page = Page(browser, attached["sessionId"])
        await page.call("Page.enable")
        await page.go(url)
        return page

    async def call(self, method, **parameters):
        return await self._browser.call(method, session=self._session, **parameters)

    async def go(self, url):
        await self.call("Page.navigate", url=url)
        await self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'", PAGE_LIMIT)

    async def evaluate(self, expression):
        """The value of a JavaScript expression; of a promise, what it comes to."""
        answer = await self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"].get("exception", {}).get("description", answer))
        return answer["result"].get("value")

    async def wait_for(self, expression, within):
        """Its first value that is true; fails after so many seconds."""
        deadline = asyncio.get_running_loop().time() + within
        while True:
            try:
                if value := await self.evaluate(expression):
                    return value
            except RuntimeError:
                # The page is being replaced.
                pass
            assert asyncio.get_running_loop().time() < deadline, f"not within {within} s: {expression}"
            await asyncio.sleep(0.05)

    async def look(self, width, height=900, scheme="light", media="screen"):
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        await self.call(
            "Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])

    async def press(self, key):
        code, text = KEYS[key]
        for kind, words in [("keyDown", text), ("keyUp", "")]:
            await self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, text=words)

    async def picture(self, path, whole=True):
        answer = await self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(answer["data"]))
