# role: client
# name: picows.websockets
# pip: picows==2.3.*
"""picows' own implementation of the interface of Python's websockets, as a client."""

from importlib.metadata import version

from exchanges import ORIGIN, Closed, Refused, main
from picows.websockets import ConnectionClosed, InvalidStatus, connect


class Adapter:
    version = version("picows")
    deflates = sends_fragments = pings = closes_with_any_code = True

    async def connect(self, url, subprotocols=()):
        try:
            return Connection(await connect(
                url, subprotocols=list(subprotocols) or None, origin=ORIGIN, max_size=None, proxy=None))
        except InvalidStatus as error:
            raise Refused(error.response.status_code) from None


class Connection:
    def __init__(self, socket):
        self._socket = socket
        self.subprotocol = socket.subprotocol
        self.extensions = socket.response.headers.get("Sec-WebSocket-Extensions", "")

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

    async def close(self, code, reason):
        await self._socket.close(code, reason)
        return self._socket.close_code


def closed(error):
    return Closed(int(error.rcvd.code), error.rcvd.reason) if error.rcvd else Closed(1006)


main(Adapter())
