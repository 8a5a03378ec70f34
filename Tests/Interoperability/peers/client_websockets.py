# role: client
# name: websockets
# pip: websockets==17.4
"""Python's websockets as a client."""

import websockets
from exchanges import ORIGIN, Closed, Refused, bytes_of, main
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory


class Adapter:
    version = websockets.__version__
    deflates = chooses_windows = sends_fragments = pings = counts_bytes = closes_with_any_code = True

    async def connect(self, url, subprotocols=(), window_bits=None):
        deflate = ClientPerMessageDeflateFactory(
            server_max_window_bits=window_bits, client_max_window_bits=window_bits or True)
        try:
            return Connection(await connect(
                url, subprotocols=list(subprotocols) or None, origin=ORIGIN, extensions=[deflate], compression=None,
                max_size=None, proxy=None))
        except InvalidStatus as error:
            raise Refused(error.response.status_code) from None


class Connection:
    def __init__(self, socket):
        self._socket = socket
        self.subprotocol = socket.subprotocol
        is_compressed = bool(socket.protocol.extensions)
        self.extensions = socket.response.headers.get("Sec-WebSocket-Extensions", "") if is_compressed else ""

    async def send(self, message):
        try:
            await self._socket.send(message)
        except ConnectionClosed as error:
            raise closed(error) from None

    async def send_fragments(self, parts):
        await self._socket.send(parts)

    async def receive(self):
        try:
            return await self._socket.recv()
        except ConnectionClosed as error:
            raise closed(error) from None

    async def ping(self, payload):
        await (await self._socket.ping(payload))

    async def bytes_on_the_wire(self):
        return bytes_of(self._socket.transport.get_extra_info("socket"))

    async def close(self, code, reason):
        await self._socket.close(code, reason)
        answer = self._socket.protocol.close_rcvd
        return answer.code if answer else 1006


def closed(error):
    return Closed(error.rcvd.code, error.rcvd.reason) if error.rcvd else Closed(1006)


main(Adapter())
