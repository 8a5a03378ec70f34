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


{"socket.io": socketio, "graphql-ws": graphql}[KIND]()
