# role: client
# name: aiohttp
# pip: aiohttp==3.14.*
"""aiohttp as a client. It cannot send a message in fragments."""

import aiohttp
from aiohttp import WSMsgType
from exchanges import ORIGIN, Closed, Refused, bytes_of, main


class Adapter:
    version = aiohttp.__version__
    deflates = chooses_windows = pings = counts_bytes = closes_with_any_code = True

    async def connect(self, url, subprotocols=(), window_bits=15):
        session = aiohttp.ClientSession()
        try:
            socket = await session.ws_connect(
                url, protocols=tuple(subprotocols), origin=ORIGIN, compress=window_bits, max_msg_size=0,
                # Without this the library takes Pongs for itself.
                autoping=False)
        except aiohttp.WSServerHandshakeError as error:
            await session.close()
            raise Refused(error.status) from None
        except BaseException:
            await session.close()
            raise
        return Connection(session, socket)


class Connection:
    def __init__(self, session, socket):
        self._session = session
        self._socket = socket
        self.subprotocol = socket.protocol
        self.extensions = socket._response.headers.get("Sec-WebSocket-Extensions", "") if socket.compress else ""

    async def send(self, message):
        try:
            await (self._socket.send_str if isinstance(message, str) else self._socket.send_bytes)(message)
        except aiohttp.ClientConnectionResetError:
            # The Close that explains it may be among what was received.
            pass

    async def receive(self):
        while True:
            message = await self._socket.receive()
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                return message.data
            if message.type == WSMsgType.CLOSE:
                await self._session.close()
                raise Closed(message.data, message.extra)
            if message.type in (WSMsgType.CLOSED, WSMsgType.CLOSING, WSMsgType.ERROR):
                await self._session.close()
                raise Closed(1006)
            if message.type == WSMsgType.PING:
                await self._socket.pong(message.data)

    async def ping(self, payload):
        await self._socket.ping(payload)
        message = await self._socket.receive()
        if message.type != WSMsgType.PONG or bytes(message.data) != payload:
            raise AssertionError(f"in place of the Pong came {message}")

    async def bytes_on_the_wire(self):
        return bytes_of(self._socket.get_extra_info("socket"))

    async def close(self, code, reason):
        await self._socket.close(code=code, message=reason.encode())
        await self._session.close()
        return self._socket.close_code


main(Adapter())
