# role: client
# name: chromium
# apt: chromium
"""Chromium without a window: a page's own WebSocket, directed through DevTools.

It cannot send fragments or Pings, and its window bits are its own affair.
"""

import asyncio
import itertools
import json
import os
import re
import tempfile
from asyncio.subprocess import PIPE
from pathlib import Path
from urllib.parse import urlsplit

import remote
from exchanges import ORIGIN, Closed, Refused, main
from harness.processes import adopt_orphans, end_children
from remote import Remote

FOLDER = Path(remote.__file__).parent

BEGIN_LIMIT = 60
"""Seconds until the page is there."""

END_LIMIT = 5
"""Seconds until the browser has ended."""

LONGEST_MESSAGE = 1 << 26


class Adapter:
    deflates = True

    async def __aenter__(self):
        # The browser starts daemons, which report crashes.
        adopt_orphans()
        self._is_ready = asyncio.Event()
        self._pages = await asyncio.start_server(serve_page, "127.0.0.1", 0)
        self._browser = Browser(self._pages.sockets[0].getsockname()[1])
        try:
            await asyncio.wait_for(self._begin(), BEGIN_LIMIT)
        except BaseException:
            await self._browser.end()
            raise

    async def _begin(self):
        await self._browser.begin()
        self.version = (await self._browser.call("Browser.getVersion"))["product"].partition("/")[2]
        target = await self._browser.call("Target.createTarget", url="about:blank")
        attached = await self._browser.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        self._remote = Remote(self._order)
        self._browser.following.add_done_callback(lambda _: self._remote.ended())
        self._browser.listeners["Runtime.bindingCalled"] = self._reported
        self._browser.listeners["Network.webSocketFrameError"] = self._failed
        await self._call("Runtime.enable")
        await self._call("Network.enable")
        await self._call("Runtime.addBinding", name="report")
        await self._call("Page.navigate", url=f"{ORIGIN}/page.html")
        await self._is_ready.wait()

    async def __aexit__(self, *_):
        await self._browser.end()

    async def connect(self, url, subprotocols=()):
        self._status = None
        try:
            return await self._remote.open(url, subprotocols)
        except Closed:
            # A page is not told why, a developer is.
            if not self._status:
                raise
            raise Refused(self._status) from None

    def _reported(self, parameters):
        event = json.loads(parameters["payload"])
        if event["event"] == "ready":
            self._is_ready.set()
        else:
            self._remote.happened(event)

    def _failed(self, parameters):
        if match := re.search(r"Unexpected response code: (\d+)", parameters["errorMessage"]):
            self._status = int(match[1])

    async def _order(self, order):
        result = await self._call("Runtime.evaluate", expression=f"obey({json.dumps(order)})")
        if "exceptionDetails" in result:
            raise AssertionError(result["exceptionDetails"]["exception"]["description"])

    async def _call(self, method, **parameters):
        return await self._browser.call(method, session=self._session, **parameters)


class Browser:
    """A running Chromium and its DevTools, each message of which ends with a NUL."""

    def __init__(self, port):
        self._port = port
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._process = None
        self._numbers = itertools.count(1)
        self._calls = {}
        self.listeners = {}

    async def begin(self):
        origin = urlsplit(ORIGIN)
        command = [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--no-proxy-server", "--log-level=3", f"--user-data-dir={self._folder.name}/profile",
            f"--host-resolver-rules=MAP {origin.hostname} 127.0.0.1:{self._port}", "--remote-debugging-pipe",
            "about:blank",
        ]
        # It reads from descriptor 3 and writes to 4, and ends with what is at the other ends.
        self._process = await asyncio.create_subprocess_exec(
            "sh", "-c", 'exec "$@" 3<&0 4>&1 0</dev/null 1>&2', "sh", *command, stdin=PIPE, stdout=PIPE,
            limit=LONGEST_MESSAGE,
            env={**os.environ, "HOME": self._folder.name, "DBUS_SESSION_BUS_ADDRESS": "disabled:"})
        self.following = asyncio.create_task(self._follow())

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

    async def end(self):
        """Ends the browser with all that it has started."""
        if self._process:
            self._process.stdin.close()
            try:
                await asyncio.wait_for(self._process.wait(), END_LIMIT)
            except asyncio.TimeoutError:
                pass
        end_children()
        self._folder.cleanup()


async def serve_page(reader, writer):
    request = await reader.readuntil(b"\r\n\r\n")
    name = re.match(rb"GET /([\w.]*) ", request)[1].decode()
    path = FOLDER / name
    if path.is_file():
        kind = "text/html" if path.suffix == ".html" else "text/javascript"
        status, body = f"200 OK\r\nContent-Type: {kind}; charset=utf-8", path.read_bytes()
    else:
        status, body = "404 Not Found", b""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    writer.close()


main(Adapter())
