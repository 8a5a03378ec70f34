# role: server
# name: websockets
# pip: websockets==17.4
# deflates: on takeover
# schemes: ws wss
"""Python's websockets as a server."""

import asyncio
import os
import ssl
from http import HTTPStatus

import websockets
from exchanges import bytes_of
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


def prepare(connection, request):
    if request.path.endswith("/uncompressed"):
        # What was not offered cannot be agreed on.
        del request.headers["Sec-WebSocket-Extensions"]
    if request.path.startswith("/refuse/"):
        return connection.respond(HTTPStatus(int(request.path.rpartition("/")[2])), "No.\n")


def choose(connection, offered):
    # Its own choice refuses clients that offer none.
    return "chat" if "chat" in offered else None


async def converse(connection):
    path = connection.request.path
    try:
        if path.startswith("/about"):
            await connection.send(f"subprotocol {connection.subprotocol}")
            await connection.send(f"field {connection.request.headers.get('X-Probe')}")
            await connection.send(f"extensions {connection.response.headers.get('Sec-WebSocket-Extensions', 'none')}")
        async for message in connection:
            if path.startswith("/goodbye/"):
                await connection.close(int(path.rpartition("/")[2]), "that is all")
            elif path.startswith("/count"):
                received = bytes_of(connection.transport.get_extra_info("socket"))[1]
                await connection.send(f"received {received}")
            else:
                await connection.send(message)
    except ConnectionClosed:
        pass
    finally:
        await connection.wait_closed()
        answer = connection.protocol.close_rcvd
        print(f"closed {answer.code} {answer.reason}" if answer else "closed 1006 ", flush=True)


def encryption():
    if "CERTIFICATE" not in os.environ:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(os.environ["CERTIFICATE"], os.environ["KEY"])
    return context


async def main():
    async with serve(
        converse, "127.0.0.1", 0, process_request=prepare, subprotocols=["chat"], select_subprotocol=choose,
        ssl=encryption()
    ) as server:
        print(f"listening {server.sockets[0].getsockname()[1]} {websockets.__version__}", flush=True)
        await server.serve_forever()


asyncio.run(main())
