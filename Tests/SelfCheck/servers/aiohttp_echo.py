"""An echo server on aiohttp.  PLANT=N keeps N bytes of each connection for ever."""

import argparse
import os

from aiohttp import WSMsgType, web

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
PORT = parser.parse_args().port
PLANT = int(os.environ.get("PLANT") or 0)
kept = []


async def echo(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    if PLANT:
        kept.append(bytearray(PLANT))
    async for message in socket:
        if message.type == WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


application = web.Application()
application.router.add_get("/", echo)
web.run_app(application, host="127.0.0.1", port=PORT, access_log=None, print=None, backlog=512)
