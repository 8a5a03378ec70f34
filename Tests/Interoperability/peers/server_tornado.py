# role: server
# name: tornado
# pip: tornado==6.6.*
# deflates: takeover
"""Tornado as a server.

It loses parameters without a value, so it agrees to an offer with server_no_context_takeover without granting that, and
a client that relies on it must not go on (RFC 7692, section 7.1.1.1).
"""

import asyncio
import logging

import tornado
from exchanges import bytes_of
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler


class Refusal(RequestHandler):
    def get(self, status):
        self.set_status(int(status))
        self.finish("No.\n")


class Conversation(WebSocketHandler):
    def select_subprotocol(self, offered):
        return "chat" if "chat" in offered else None

    def get_compression_options(self):
        return None if self.request.path.endswith("/uncompressed") else {}

    def open(self):
        if self.request.path.startswith("/about"):
            self.write_message(f"subprotocol {self.selected_subprotocol}")
            self.write_message(f"field {self.request.headers.get('X-Probe')}")
            self.write_message(f"extensions {self._headers.get('Sec-WebSocket-Extensions', 'none')}")

    def on_message(self, message):
        path = self.request.path
        if path.startswith("/goodbye/"):
            self.close(int(path.rpartition("/")[2]), "that is all")
        elif path.startswith("/count"):
            self.write_message(f"received {bytes_of(self.ws_connection.stream.socket)[1]}")
        else:
            self.write_message(message, binary=isinstance(message, bytes))

    def on_close(self):
        print(f"closed {self.close_code or 1006} {self.close_reason or ''}", flush=True)


async def main():
    logging.getLogger("tornado.access").disabled = True
    server = HTTPServer(Application([(r"/refuse/(\d+)", Refusal), (r"/.*", Conversation)]))
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    print(f"listening {sockets[0].getsockname()[1]} {tornado.version}", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
