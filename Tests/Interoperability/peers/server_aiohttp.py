# role: server
# name: aiohttp
# pip: aiohttp==3.14.*
# deflates: on takeover
"""aiohttp as a server."""

import asyncio

import aiohttp
from aiohttp import WSMsgType, web
from exchanges import bytes_of


async def refuse(request):
    return web.Response(status=int(request.match_info["status"]), text="No.\n")


async def converse(request):
    socket = web.WebSocketResponse(protocols=("chat",), compress=not request.path.endswith("/uncompressed"))
    await socket.prepare(request)
    if request.path.startswith("/about"):
        await socket.send_str(f"subprotocol {socket.ws_protocol}")
        await socket.send_str(f"field {request.headers.get('X-Probe')}")
        await socket.send_str(f"extensions {socket.headers.get('Sec-WebSocket-Extensions', 'none')}")
    reason = ""
    while True:
        message = await socket.receive()
        if message.type == WSMsgType.TEXT:
            if request.path.startswith("/goodbye/"):
                await socket.close(code=int(request.path.rpartition("/")[2]), message=b"that is all")
            elif request.path.startswith("/count"):
                await socket.send_str(f"received {bytes_of(socket.get_extra_info('socket'))[1]}")
            else:
                await socket.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await socket.send_bytes(message.data)
        else:
            if message.type == WSMsgType.CLOSE:
                reason = message.extra or ""
            break
    print(f"closed {socket.close_code} {reason}", flush=True)
    return socket


async def main():
    application = web.Application()
    application.router.add_get("/refuse/{status}", refuse)
    application.router.add_get("/{path:.*}", converse)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"listening {runner.addresses[0][1]} {aiohttp.__version__}", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
