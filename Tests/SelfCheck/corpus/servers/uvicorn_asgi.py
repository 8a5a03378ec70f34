"""uvicorn with a bare ASGI echo application, no framework."""

import argparse

import uvicorn

from asgi_echo import answer, echo, live


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        await live(receive, send)
    elif scope["type"] == "http":
        await answer(send, b"text/plain", b"ok")
    else:
        await echo(receive, send)


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
uvicorn.run(application, host="127.0.0.1", port=parser.parse_args().port, log_level="warning")
