"""An echo server on Python's websockets.  PLANT=N keeps N bytes of each connection for ever."""

import argparse
import asyncio
import os

from websockets.asyncio.server import serve

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
PORT = parser.parse_args().port
PLANT = int(os.environ.get("PLANT") or 0)
kept = []


async def echo(connection):
    if PLANT:
        kept.append(bytearray(PLANT))
    async for message in connection:
        await connection.send(message)


async def main():
    async with serve(echo, "127.0.0.1", PORT, backlog=512) as server:
        await server.serve_forever()


asyncio.run(main())
