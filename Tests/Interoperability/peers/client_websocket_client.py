# role: client
# name: websocket-client
# pip: websocket-client==1.9.*
"""websocket-client, a blocking library without extensions, each call on a thread."""

import asyncio
import struct

import websocket
from exchanges import ORIGIN, Closed, Refused, main
from websocket import ABNF

LIMIT = 15
"""Seconds that a call may block."""


class Adapter:
    version = websocket.__version__
    sends_fragments = pings = closes_with_any_code = True

    async def connect(self, url, subprotocols=()):
        try:
            return Connection(await asyncio.to_thread(
                websocket.create_connection, url, LIMIT, subprotocols=list(subprotocols) or None, origin=ORIGIN))
        except websocket.WebSocketBadStatusException as error:
            raise Refused(error.status_code) from None


class Connection:
    def __init__(self, socket):
        self._socket = socket
        self.subprotocol = socket.getsubprotocol()
        self.extensions = socket.getheaders().get("sec-websocket-extensions", "")

    async def send(self, message):
        send = self._socket.send_text if isinstance(message, str) else self._socket.send_binary
        try:
            await asyncio.to_thread(send, message)
        except (ConnectionError, websocket.WebSocketConnectionClosedException):
            # The Close that explains it may be among what was received.
            pass

    async def send_fragments(self, parts):
        opcode = ABNF.OPCODE_TEXT if isinstance(parts[0], str) else ABNF.OPCODE_BINARY
        for index, part in enumerate(parts):
            last = int(index == len(parts) - 1)
            # It would encode the text of a first frame only.
            payload = part.encode() if isinstance(part, str) else part
            frame = ABNF.create_frame(payload, ABNF.OPCODE_CONT if index else opcode, last)
            await asyncio.to_thread(self._socket.send_frame, frame)

    async def receive(self):
        opcode, payload = await self._next()
        if opcode == ABNF.OPCODE_TEXT:
            return payload.decode()
        if opcode == ABNF.OPCODE_BINARY:
            return payload
        if opcode == ABNF.OPCODE_CLOSE:
            await asyncio.to_thread(self._socket.shutdown)
            raise Closed(close_code(payload), payload[2:].decode())
        raise AssertionError(f"a frame with opcode {opcode} came")

    async def ping(self, payload):
        await asyncio.to_thread(self._socket.ping, payload)
        found = await self._next()
        if found != (ABNF.OPCODE_PONG, payload):
            raise AssertionError(f"in place of the Pong came {found}")

    async def close(self, code, reason):
        await asyncio.to_thread(self._socket.send_close, code, reason.encode())
        opcode, payload = await self._next()
        await asyncio.to_thread(self._socket.shutdown)
        if opcode != ABNF.OPCODE_CLOSE:
            raise AssertionError(f"in place of the Close came opcode {opcode}")
        return close_code(payload)

    async def _next(self):
        try:
            return await asyncio.to_thread(self._socket.recv_data, True)
        except (ConnectionError, websocket.WebSocketConnectionClosedException):
            raise Closed(1006) from None


def close_code(payload):
    return struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005


main(Adapter())
