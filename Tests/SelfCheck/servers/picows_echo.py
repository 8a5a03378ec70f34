"""An echo server on picows and uvloop.  PLANT=N keeps N bytes of each connection for ever."""

import argparse
import asyncio
import os

import uvloop
from picows import WSListener, WSMsgType, ws_create_server

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
PORT = parser.parse_args().port
PLANT = int(os.environ.get("PLANT") or 0)
kept = []


class Echo(WSListener):
    def on_ws_connected(self, transport):
        if PLANT:
            kept.append(bytearray(PLANT))

    def on_ws_frame(self, transport, frame):
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        elif frame.msg_type in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION):
            transport.send(frame.msg_type, frame.get_payload_as_bytes(), frame.fin)


async def main():
    server = await ws_create_server(lambda request: Echo(), "127.0.0.1", PORT, backlog=512)
    await server.serve_forever()


uvloop.run(main())
