"""An echo server on picows and uvloop.  --plant leaks on purpose (plant.py)."""

import argparse

import picows.api
import uvloop
from picows import WSListener, WSMsgType, ws_create_server
from plant import Planter, observed

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--plant", action="append", default=[])
ARGUMENTS = parser.parse_args()


class Echo(WSListener):
    def on_ws_frame(self, transport, frame):
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        elif frame.msg_type in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION):
            transport.send(frame.msg_type, frame.get_payload_as_bytes(), frame.fin)


class TellingEcho(Echo):
    def on_ws_connected(self, transport):
        self._course = transport.underlying_transport.get_protocol().course

    def on_ws_frame(self, transport, frame):
        if frame.msg_type == WSMsgType.CLOSE:
            self._course.is_clean = True
        else:
            self._course.messages += 1
        super().on_ws_frame(transport, frame)

    def on_ws_disconnected(self, transport):
        self._course.is_failed = transport.is_close_frame_sent and not self._course.is_clean


async def main():
    listener = Echo
    if ARGUMENTS.plant:
        listener = TellingEcho
        base = observed(picows.api.WSProtocol, Planter(ARGUMENTS.plant))

        class Protocol(base):
            def buffer_updated(self, count):
                self.course.received += count
                super().buffer_updated(count)

        # There is no other way in.
        picows.api.WSProtocol = Protocol
    server = await ws_create_server(lambda request: listener(), "127.0.0.1", ARGUMENTS.port, backlog=512)
    await server.serve_forever()


uvloop.run(main())
