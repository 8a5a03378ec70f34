# role: client
# name: chromium
# apt: chromium
"""Chromium without a window: a page's own WebSocket, directed through DevTools.

It cannot send fragments or Pings, and its window bits are its own affair.
"""

import asyncio
import json
import re
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import remote
from exchanges import ORIGIN, Closed, Refused, main
from Harness.browser import Browser
from remote import Remote

FOLDER = Path(remote.__file__).parent

PAGE_LIMIT = 30
"""Seconds until the page is there."""


class Adapter:
    deflates = True

    async def __aenter__(self):
        pages = await asyncio.start_server(serve_page, "127.0.0.1", 0)
        name, port = urlsplit(ORIGIN).hostname, pages.sockets[0].getsockname()[1]
        async with AsyncExitStack() as stack:
            self._browser = await stack.enter_async_context(
                Browser(f"--host-resolver-rules=MAP {name} 127.0.0.1:{port}"))
            self.version = self._browser.version
            await asyncio.wait_for(self._open_page(), PAGE_LIMIT)
            self._stack = stack.pop_all()

    async def __aexit__(self, *_):
        await self._stack.aclose()

    async def _open_page(self):
        self._is_ready = asyncio.Event()
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
