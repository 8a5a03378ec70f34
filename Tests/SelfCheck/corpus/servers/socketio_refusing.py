"""python-socketio on eventlet with an application that refuses every client without a token."""

import argparse

import eventlet

eventlet.monkey_patch()

import socketio  # noqa: E402
from eventlet import wsgi  # noqa: E402

server = socketio.Server(async_mode="eventlet", cors_allowed_origins="*")


@server.on("connect")
def connect(sid, environ):
    return "token=" in environ.get("QUERY_STRING", "")


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
Application = getattr(socketio, "WSGIApp", None) or socketio.Middleware
wsgi.server(
    eventlet.listen(("127.0.0.1", parser.parse_args().port), backlog=512), Application(server), log_output=False
)
