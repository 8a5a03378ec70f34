# role: client
# name: tornado
# pip: tornado==6.6.*
"""Tornado as a client. It cannot send a message in fragments.

It does not offer permessage-deflate here: it loses parameters without a value, so after an answer with
client_no_context_takeover it still refers to earlier messages, which nobody can inflate then.
"""

import asyncio

import tornado
from exchanges import ORIGIN, Closed, Refused, main
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClosedError, websocket_connect


class Adapter:
    version = tornado.version
    pings = closes_with_any_code = True

    async def connect(self, url, subprotocols=()):
        request = HTTPRequest(url, headers={"Origin": ORIGIN})
        try:
            return Connection(await websocket_connect(
                request, subprotocols=list(subprotocols) or None, max_message_size=1 << 30))
        except HTTPClientError as error:
            raise Refused(error.code) from None


class Connection:
    def __init__(self, socket):
        self._socket = socket
        self._pongs = asyncio.Queue()
        socket.on_pong = self._pongs.put_nowait
        self.subprotocol = socket.selected_subprotocol
        self.extensions = socket.headers.get("Sec-WebSocket-Extensions", "")

    async def send(self, message):
        try:
            await self._socket.write_message(message, binary=isinstance(message, bytes))
        except WebSocketClosedError:
            # The Close that explains it may be among what was received.
            pass

    async def receive(self):
        message = await self._socket.read_message()
        if message is None:
            raise Closed(self._socket.close_code or 1006, self._socket.close_reason or "")
        return message

    async def ping(self, payload):
        self._socket.ping(payload)
        found = await self._pongs.get()
        if found != payload:
            raise AssertionError(f"the Pong has {found}")

    async def close(self, code, reason):
        self._socket.close(code, reason)
        try:
            message = await self.receive()
        except Closed as closed:
            return closed.code
        raise AssertionError(f"in place of the Close came {message!r}")


main(Adapter())
