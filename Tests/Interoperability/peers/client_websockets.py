# role: client
# name: websockets
# pip: websockets==17.4
"""Python's websockets as a client, with its default offer of permessage-deflate."""

import websockets
from exchanges import Closed, main
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


class Adapter:
    version = websockets.__version__
    send_fragments = True

    async def connect(self, url, subprotocols=()):
        return Connection(await connect(url, subprotocols=list(subprotocols) or None, max_size=None, proxy=None))


class Connection:
    def __init__(self, socket):
        self._socket = socket
        self.subprotocol = socket.subprotocol

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
        answer = self._socket.protocol.close_rcvd
        return answer.code if answer else 1006


def closed(error):
    return Closed(error.rcvd.code, error.rcvd.reason) if error.rcvd else Closed(1006)


main(Adapter())
