# role: server
# name: picows
# pip: picows==2.3.*
"""picows as a server: it gives frames, and has no extensions."""

import asyncio
from importlib.metadata import version

from exchanges import bytes_of
from picows import (
    WSListener, WSMsgType, WSUpgradeResponse, WSUpgradeResponseWithListener, ws_create_server)


class Listener(WSListener):
    def __init__(self, request):
        self._path = request.path.decode()
        self._field = request.headers.get("X-Probe")
        self._closed = "1006 "

    def on_ws_connected(self, transport):
        if self._path.startswith("/about"):
            fields = transport.response.headers
            for line in [f"subprotocol {fields.get('Sec-WebSocket-Protocol')}", f"field {self._field}",
                         f"extensions {fields.get('Sec-WebSocket-Extensions', 'none')}"]:
                transport.send(WSMsgType.TEXT, line)

    def on_ws_frame(self, transport, frame):
        if frame.msg_type == WSMsgType.CLOSE:
            self._closed = f"{int(frame.get_close_code())} {frame.get_close_reason() or ''}"
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        elif self._path.startswith("/goodbye/"):
            transport.send_close(int(self._path.rpartition("/")[2]), b"that is all")
        elif self._path.startswith("/count"):
            received = bytes_of(transport.underlying_transport.get_extra_info("socket"))[1]
            transport.send(WSMsgType.TEXT, f"received {received}")
        else:
            # Frame by frame, so a message in fragments comes back in fragments.
            transport.send(frame.msg_type, frame.get_payload_as_bytes(), frame.fin)

    def on_ws_disconnected(self, transport):
        print(f"closed {self._closed}", flush=True)


def answer(request):
    path = request.path.decode()
    if path.startswith("/refuse/"):
        return WSUpgradeResponseWithListener(
            WSUpgradeResponse.create_error_response(int(path.rpartition("/")[2]), b"No.\n"), None)
    offered = [word.strip() for word in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    fields = {"Sec-WebSocket-Protocol": "chat"} if "chat" in offered else None
    return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(fields), Listener(request))


async def main():
    server = await ws_create_server(answer, "127.0.0.1", 0)
    print(f"listening {server.sockets[0].getsockname()[1]} {version('picows')}", flush=True)
    await server.serve_forever()


asyncio.run(main())
