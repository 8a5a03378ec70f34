"""gevent-websocket as an echo server."""

import argparse

from gevent import pywsgi
from geventwebsocket.handler import WebSocketHandler


def application(environ, start_response):
    socket = environ.get("wsgi.websocket")
    if socket is None:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok"]
    while True:
        message = socket.receive()
        if message is None:
            return []
        socket.send(message)


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
pywsgi.WSGIServer(
    ("127.0.0.1", parser.parse_args().port), application, handler_class=WebSocketHandler, log=None, backlog=512
).serve_forever()
