# role: client
# name: node-ws
# node: ws
"""Debian's node-ws as a client, in a process of its own."""

import asyncio
import json
from asyncio.subprocess import PIPE
from pathlib import Path

import remote
from exchanges import ORIGIN, main
from remote import Remote

PROGRAM = Path(remote.__file__).parent / "node_ws.js"

LONGEST_LINE = 1 << 26


class Adapter:
    deflates = chooses_windows = sends_fragments = pings = counts_bytes = closes_with_any_code = True

    async def __aenter__(self):
        self._node = await asyncio.create_subprocess_exec(
            "node", str(PROGRAM), ORIGIN, stdin=PIPE, stdout=PIPE, limit=LONGEST_LINE)
        self.version = json.loads(await self._node.stdout.readline())["version"]
        self._remote = Remote(self._order)
        self._events = asyncio.create_task(self._follow())

    async def __aexit__(self, *_):
        self._node.kill()
        await self._node.wait()

    async def connect(self, url, subprotocols=(), window_bits=None):
        return await self._remote.open(url, subprotocols, window_bits)

    async def _order(self, order):
        self._node.stdin.write(json.dumps(order).encode() + b"\n")
        await self._node.stdin.drain()

    async def _follow(self):
        while line := await self._node.stdout.readline():
            self._remote.happened(json.loads(line))
        self._remote.ended()


main(Adapter())
