"""hypercorn with a bare ASGI echo application, and a page that counts the tasks that have not ended."""

import argparse
import asyncio
import json

from hypercorn.asyncio import serve
from hypercorn.config import Config

from asgi_echo import answer, echo, live


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        await live(receive, send)
    elif scope["type"] == "http":
        await answer(send, b"application/json", json.dumps({"pending_tasks": len(asyncio.all_tasks())}).encode())
    else:
        await echo(receive, send)


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
config = Config()
config.bind = [f"127.0.0.1:{parser.parse_args().port}"]
config.errorlog = None
asyncio.run(serve(application, config))
