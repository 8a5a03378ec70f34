"""A broadcast server on Python's websockets: every message goes to all connections.  websockets_broadcast.py PORT"""

import asyncio
import sys

from websockets.asyncio.server import broadcast, serve

CONNECTIONS = set()


async def serve_one(connection):
    CONNECTIONS.add(connection)
    try:
        async for message in connection:
            broadcast(CONNECTIONS, message)
    finally:
        CONNECTIONS.discard(connection)


async def main():
    async with serve(serve_one, "127.0.0.1", int(sys.argv[1]), backlog=1024, compression=None, ping_interval=None) as server:
        await server.serve_forever()


asyncio.run(main())
