"""An echo server on Python's websockets.  --plant leaks on purpose (plant.py)."""

import argparse
import asyncio

from plant import Planter, observed
from websockets.asyncio.server import ServerConnection, serve

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--plant", action="append", default=[])
ARGUMENTS = parser.parse_args()


async def echo(connection):
    async for message in connection:
        await connection.send(message)


class Connection(observed(ServerConnection, Planter(ARGUMENTS.plant))):
    def data_received(self, data):
        super().data_received(data)
        # The handshake is what comes first, a message what comes next.
        self.course.messages += self.protocol.state.name == "OPEN"

    def connection_lost(self, error):
        received, sent = self.protocol.close_rcvd, self.protocol.close_sent
        self.course.is_clean = received is not None and sent is not None
        self.course.is_failed = received is None and sent is not None and sent.code != 1006
        super().connection_lost(error)


async def main():
    connection = Connection if ARGUMENTS.plant else None
    async with serve(echo, "127.0.0.1", ARGUMENTS.port, backlog=512, create_connection=connection) as server:
        await server.serve_forever()


asyncio.run(main())
