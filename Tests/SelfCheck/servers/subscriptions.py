"""Servers that keep something for whoever subscribes: subscriptions.py KIND PORT kept|given-back.

The subscription is behind what the framework wants to hear first, so that a peer which says nothing never reaches it.
"""

import asyncio
import sys

KIND, PORT, WHAT = sys.argv[1], int(sys.argv[2]), sys.argv[3]
SUBSCRIBERS = {}
BYTES = 4096


def subscribe(key):
    SUBSCRIBERS[key] = bytes(BYTES)


def unsubscribe(key):
    """The fault: what was kept for a subscriber stays when it is gone."""
    if WHAT == "given-back":
        SUBSCRIBERS.pop(key, None)


def run(app):
    import uvicorn

    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")


def socketio():
    import socketio

    # A task keeps each connection until its next ping is due.
    server = socketio.AsyncServer(
        async_mode="asgi", cors_allowed_origins="*", ping_interval=1, ping_timeout=1)

    @server.on("message")
    async def message(sid, data=None):
        subscribe(sid)
        await server.emit("message", data, room=sid)

    @server.event
    async def disconnect(sid, *reason):
        unsubscribe(sid)

    run(socketio.ASGIApp(server))


def graphql():
    import itertools
    import typing

    import strawberry
    from strawberry.asgi import GraphQL

    numbers = itertools.count()

    @strawberry.type
    class Query:
        @strawberry.field
        def hello(self) -> str:
            return "hello"

    @strawberry.type
    class Subscription:
        @strawberry.subscription
        async def ticks(self) -> typing.AsyncGenerator[int, None]:
            key = next(numbers)
            subscribe(key)
            try:
                yield 1
                await asyncio.sleep(3600)
            finally:
                unsubscribe(key)

    run(GraphQL(strawberry.Schema(Query, subscription=Subscription)))


def tokens():
    """A session for whoever posts for a token, which ends with the socket that it opened."""
    import secrets

    from aiohttp import web

    async def token(request):
        key = secrets.token_hex(8)
        subscribe(key)
        return web.json_response({"token": key})

    async def chat(request):
        key = request.query.get("token")
        if key not in SUBSCRIBERS:
            raise web.HTTPForbidden
        socket = web.WebSocketResponse()
        try:
            await socket.prepare(request)
            async for message in socket:
                await socket.send_str(message.data)
        finally:
            unsubscribe(key)
        return socket

    app = web.Application()
    app.add_routes([web.post("/token", token), web.get("/chat", chat)])
    web.run_app(app, host="127.0.0.1", port=PORT, print=None)


{"socket.io": socketio, "graphql-ws": graphql, "tokens": tokens}[KIND]()
