"""A broadcast server on picows and uvloop: every message goes to all connections.  picows_broadcast.py PORT"""

import sys

import uvloop
from picows import WSListener, WSMsgType, ws_create_server

TRANSPORTS = set()


class Member(WSListener):
    def on_ws_connected(self, transport):
        TRANSPORTS.add(transport)

    def on_ws_disconnected(self, transport):
        TRANSPORTS.discard(transport)

    def on_ws_frame(self, transport, frame):
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        elif frame.msg_type in (WSMsgType.TEXT, WSMsgType.BINARY):
            payload = frame.get_payload_as_bytes()
            for member in TRANSPORTS:
                member.send(frame.msg_type, payload)


async def main():
    server = await ws_create_server(lambda request: Member(), "127.0.0.1", int(sys.argv[1]), backlog=1024)
    await server.serve_forever()


uvloop.run(main())
