"""hypercorn with a bare ASGI echo application, and a page that counts the tasks that have not ended."""

import argparse
import asyncio
import json

from hypercorn.asyncio import serve
from hypercorn.config import Config


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["type"] == "http":
        body = json.dumps({"pending_tasks": len(asyncio.all_tasks())}).encode()
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})
        return
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        await send({"type": "websocket.send", "text": message.get("text"), "bytes": message.get("bytes")})


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
config = Config()
config.bind = [f"127.0.0.1:{parser.parse_args().port}"]
config.errorlog = None
asyncio.run(serve(application, config))
