# role: client
# name: picows
# pip: picows==2.3.*
"""picows as a client: it gives frames, and leaves putting them together, or inflating them, to the user."""

import asyncio
from importlib.metadata import version

from exchanges import ORIGIN, Closed, Refused, main
from picows import WSInvalidStatusError, WSListener, WSMsgType, ws_connect


class Adapter:
    version = version("picows")
    sends_fragments = pings = closes_with_any_code = True

    async def connect(self, url, subprotocols=()):
        fields = {"Origin": ORIGIN}
        if subprotocols:
            fields["Sec-WebSocket-Protocol"] = ", ".join(subprotocols)
        try:
            transport, listener = await ws_connect(Listener, url, extra_headers=fields, max_frame_size=1 << 30)
        except WSInvalidStatusError as error:
            raise Refused(int(error.response.status)) from None
        return Connection(transport, listener)


class Listener(WSListener):
    def __init__(self):
        self.frames = asyncio.Queue()

    def on_ws_frame(self, transport, frame):
        code, reason = None, None
        if frame.msg_type == WSMsgType.CLOSE:
            code, reason = int(frame.get_close_code()), frame.get_close_message()
        self.frames.put_nowait((frame.msg_type, frame.get_payload_as_bytes(), frame.fin, code, reason))

    def on_ws_disconnected(self, transport):
        self.frames.put_nowait((WSMsgType.CLOSE, b"", True, 1006, ""))


class Connection:
    def __init__(self, transport, listener):
        self._transport = transport
        self._frames = listener.frames
        self.subprotocol = transport.response.headers.get("Sec-WebSocket-Protocol")
        self.extensions = transport.response.headers.get("Sec-WebSocket-Extensions", "")
        self._close_sent = False

    async def send(self, message):
        is_text = isinstance(message, str)
        self._transport.send(WSMsgType.TEXT if is_text else WSMsgType.BINARY, message.encode() if is_text else message)

    async def send_fragments(self, parts):
        for index, part in enumerate(parts):
            is_text = isinstance(part, str)
            kind = WSMsgType.CONTINUATION if index else WSMsgType.TEXT if is_text else WSMsgType.BINARY
            self._transport.send(kind, part.encode() if is_text else part, index == len(parts) - 1)

    async def receive(self):
        payload, first = b"", None
        while True:
            kind, part, is_last, code, reason = await self._frames.get()
            if kind == WSMsgType.CLOSE:
                if not self._close_sent:
                    self._transport.send_close(code)
                self._transport.disconnect()
                raise Closed(code, reason)
            if kind not in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION):
                continue
            first = kind if first is None else first
            payload += part
            if is_last:
                return payload.decode() if first == WSMsgType.TEXT else payload

    async def ping(self, payload):
        self._transport.send_ping(payload)
        found = await self._frames.get()
        if found[:2] != (WSMsgType.PONG, payload):
            raise AssertionError(f"in place of the Pong came {found[:2]}")

    async def close(self, code, reason):
        self._transport.send_close(code, reason)
        self._close_sent = True
        try:
            await self.receive()
        except Closed as closed:
            return closed.code
        raise AssertionError("a message came in place of the Close")


main(Adapter())
