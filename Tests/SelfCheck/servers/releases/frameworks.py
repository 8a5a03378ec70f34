"""Echo servers as the documentation of each framework writes them: frameworks.py NAME PORT."""

import asyncio
import logging
import sys

NAME, PORT = sys.argv[1], int(sys.argv[2])
HOST = "127.0.0.1"


def uvicorn_runs(app):
    import uvicorn

    uvicorn.run(app, host=HOST, port=PORT, log_level="warning")


def starlette():
    from starlette.applications import Starlette
    from starlette.routing import WebSocketRoute
    from starlette.websockets import WebSocketDisconnect

    async def echo(websocket):
        await websocket.accept()
        try:
            while True:
                await websocket.send_text(await websocket.receive_text())
        except WebSocketDisconnect:
            pass

    uvicorn_runs(Starlette(routes=[WebSocketRoute("/", echo)]))


def fastapi():
    from fastapi import FastAPI, WebSocket, WebSocketDisconnect

    app = FastAPI()

    @app.websocket("/")
    async def echo(websocket: WebSocket):
        await websocket.accept()
        try:
            while True:
                await websocket.send_text(await websocket.receive_text())
        except WebSocketDisconnect:
            pass

    uvicorn_runs(app)


def litestar():
    from litestar import Litestar, websocket_listener

    @websocket_listener("/")
    async def echo(data: str) -> str:
        return data

    uvicorn_runs(Litestar([echo]))


def quart():
    from quart import Quart, websocket

    app = Quart(__name__)

    @app.websocket("/")
    async def echo():
        while True:
            await websocket.send(await websocket.receive())

    uvicorn_runs(app)


def falcon():
    import falcon.asgi

    class Echo:
        async def on_websocket(self, request, socket):
            await socket.accept()
            try:
                while True:
                    await socket.send_text(await socket.receive_text())
            except falcon.WebSocketDisconnected:
                pass

    app = falcon.asgi.App()
    app.add_route("/", Echo())
    uvicorn_runs(app)


def blacksheep():
    from blacksheep import Application, WebSocket, WebSocketDisconnectError, ws

    app = Application()

    @ws("/")
    async def echo(websocket: WebSocket):
        await websocket.accept()
        try:
            while True:
                await websocket.send_text(await websocket.receive_text())
        except WebSocketDisconnectError:
            pass

    uvicorn_runs(app)


def sanic():
    from sanic import Sanic

    app = Sanic("echo", configure_logging=False)

    @app.websocket("/")
    async def echo(request, socket):
        async for message in socket:
            await socket.send(message)

    app.run(HOST, PORT, single_process=True, access_log=False, motd=False)


def tornado():
    import tornado.web
    import tornado.websocket

    class Echo(tornado.websocket.WebSocketHandler):
        def check_origin(self, origin):
            return True

        def on_message(self, message):
            self.write_message(message, isinstance(message, bytes))

    async def main():
        logging.getLogger("tornado.access").disabled = True
        tornado.web.Application([("/", Echo)]).listen(PORT, HOST)
        await asyncio.Event().wait()

    asyncio.run(main())


def aiohttp():
    from aiohttp import web

    async def echo(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data)
        return socket

    app = web.Application()
    app.router.add_get("/", echo)
    web.run_app(app, host=HOST, port=PORT, access_log=None, print=None)


def trio_websocket():
    import trio
    from trio_websocket import ConnectionClosed, serve_websocket

    async def echo(request):
        socket = await request.accept()
        try:
            while True:
                await socket.send_message(await socket.get_message())
        except ConnectionClosed:
            pass

    trio.run(serve_websocket, echo, HOST, PORT, None)


def autobahn():
    from autobahn.asyncio.websocket import WebSocketServerFactory, WebSocketServerProtocol

    class Echo(WebSocketServerProtocol):
        def onMessage(self, payload, isBinary):
            self.sendMessage(payload, isBinary)

    async def main():
        factory = WebSocketServerFactory()
        factory.protocol = Echo
        server = await asyncio.get_running_loop().create_server(factory, HOST, PORT)
        await server.serve_forever()

    asyncio.run(main())


def flask_sock():
    from flask import Flask
    from flask_sock import Sock

    app = Flask(__name__)
    sock = Sock(app)

    @sock.route("/")
    def echo(socket):
        while True:
            socket.send(socket.receive())

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    app.run(HOST, PORT, threaded=True)


def gevent_websocket():
    from gevent import monkey

    monkey.patch_all()
    from gevent import pywsgi
    from geventwebsocket.handler import WebSocketHandler

    def application(environ, start_response):
        socket = environ.get("wsgi.websocket")
        if socket is None:
            start_response("404 Not Found", [])
            return []
        while (message := socket.receive()) is not None:
            socket.send(message)
        return []

    pywsgi.WSGIServer((HOST, PORT), application, handler_class=WebSocketHandler, log=None).serve_forever()


def eventlet():
    import eventlet
    from eventlet import websocket, wsgi

    @websocket.WebSocketWSGI
    def echo(socket):
        while (message := socket.wait()) is not None:
            socket.send(message)

    wsgi.server(eventlet.listen((HOST, PORT)), echo, log_output=False)


def socketio_asgi():
    import socketio

    server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")

    @server.on("*")
    async def reply(event, sid, data=None):
        await server.emit("reply", data, room=sid)

    uvicorn_runs(socketio.ASGIApp(server))


def socketio_aiohttp():
    import socketio
    from aiohttp import web

    server = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*")
    app = web.Application()
    server.attach(app)
    web.run_app(app, host=HOST, port=PORT, access_log=None, print=None)


def socketio_threads(mode):
    """Socket.IO on threads or green threads: `threading` on Werkzeug, `gevent`, or `eventlet`."""
    if mode == "gevent":
        from gevent import monkey

        monkey.patch_all()
    elif mode == "eventlet":
        import eventlet

        eventlet.monkey_patch()
    import socketio

    server = socketio.Server(async_mode=mode, cors_allowed_origins="*")

    @server.on("*")
    def reply(event, sid, data=None):
        server.emit("reply", data, room=sid)

    app = socketio.WSGIApp(server)
    if mode == "gevent":
        from gevent import pywsgi
        from geventwebsocket.handler import WebSocketHandler

        pywsgi.WSGIServer((HOST, PORT), app, handler_class=WebSocketHandler, log=None).serve_forever()
    elif mode == "eventlet":
        from eventlet import wsgi

        wsgi.server(eventlet.listen((HOST, PORT)), app, log_output=False)
    else:
        from werkzeug.serving import run_simple

        logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
        run_simple(HOST, PORT, app, threaded=True)


def socketio_threading():
    socketio_threads("threading")


def socketio_gevent():
    socketio_threads("gevent")


def socketio_eventlet():
    socketio_threads("eventlet")


def robyn():
    from robyn import Robyn

    app = Robyn(__file__)

    @app.websocket("/")
    async def echo(websocket):
        while True:
            await websocket.send_text(await websocket.receive_text())

    sys.argv[1:] = []
    app.start(host=HOST, port=PORT)


def ariadne():
    from ariadne import QueryType, SubscriptionType, make_executable_schema
    from ariadne.asgi import GraphQL
    from ariadne.asgi.handlers import GraphQLTransportWSHandler

    subscription = SubscriptionType()

    @subscription.source("counter")
    async def source(root, info):
        number = 0
        while True:
            yield number
            number += 1
            await asyncio.sleep(0.05)

    @subscription.field("counter")
    def counter(number, info):
        return number

    types = "type Query { hello: String } type Subscription { counter: Int! }"
    schema = make_executable_schema(types, QueryType(), subscription)
    uvicorn_runs(GraphQL(schema, websocket_handler=GraphQLTransportWSHandler()))


def strawberry():
    import typing

    import strawberry
    from strawberry.asgi import GraphQL

    @strawberry.type
    class Query:
        @strawberry.field
        def hello(self) -> str:
            return "hello"

    @strawberry.type
    class Subscription:
        @strawberry.subscription
        async def counter(self) -> typing.AsyncGenerator[int, None]:
            number = 0
            while True:
                yield number
                number += 1
                await asyncio.sleep(0.05)

    uvicorn_runs(GraphQL(strawberry.Schema(Query, subscription=Subscription)))


def nicegui():
    from nicegui import ui

    @ui.page("/")
    def page():
        ui.label("hello")

    ui.run(host=HOST, port=PORT, reload=False, show=False, uvicorn_logging_level="warning")


globals()[NAME]()
