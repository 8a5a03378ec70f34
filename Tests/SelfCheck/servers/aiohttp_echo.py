"""An echo server on aiohttp.  --plant leaks on purpose (plant.py)."""

import argparse

from aiohttp import WSMsgType, web, web_server
from plant import Planter, observed

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--plant", action="append", default=[])
ARGUMENTS = parser.parse_args()


async def echo(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        if message.type == WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


async def echo_and_tell(request):
    course = request.protocol.course
    course.enter()
    try:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type == WSMsgType.ERROR:
                course.is_failed = True
                continue
            course.messages += 1
            if message.type == WSMsgType.TEXT:
                await socket.send_str(message.data)
            elif message.type == WSMsgType.BINARY:
                await socket.send_bytes(message.data)
        course.is_clean = not course.is_failed and socket.close_code not in (None, 1006)
        return socket
    finally:
        course.leave()


application = web.Application()
application.router.add_get("/", echo_and_tell if ARGUMENTS.plant else echo)
if ARGUMENTS.plant:
    # There is no other way in.
    web_server.RequestHandler = observed(web_server.RequestHandler, Planter(ARGUMENTS.plant))
web.run_app(application, host="127.0.0.1", port=ARGUMENTS.port, access_log=None, print=None, backlog=512)
