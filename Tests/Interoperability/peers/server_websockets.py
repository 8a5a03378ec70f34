# role: server
# name: websockets
# pip: websockets==17.4
"""Python's websockets as a server."""

import asyncio
from http import HTTPStatus

import websockets
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


def refuse(connection, request):
    if request.path.startswith("/refuse/"):
        return connection.respond(HTTPStatus(int(request.path.rpartition("/")[2])), "No.\n")


def choose(connection, offered):
    # Its own choice refuses clients that offer none.
    return "chat" if "chat" in offered else None


async def converse(connection):
    path = connection.request.path
    try:
        if path == "/about":
            await connection.send(f"subprotocol {connection.subprotocol}")
            await connection.send(f"field {connection.request.headers.get('X-Probe')}")
        async for message in connection:
            if path.startswith("/goodbye/"):
                await connection.close(int(path.rpartition("/")[2]), "that is all")
            else:
                await connection.send(message)
    except ConnectionClosed:
        pass
    finally:
        await connection.wait_closed()
        answer = connection.protocol.close_rcvd
        print(f"closed {answer.code} {answer.reason}" if answer else "closed 1006 ", flush=True)


async def main():
    async with serve(
        converse, "127.0.0.1", 0, process_request=refuse, subprotocols=["chat"], select_subprotocol=choose
    ) as server:
        print(f"listening {server.sockets[0].getsockname()[1]} {websockets.__version__}", flush=True)
        await server.serve_forever()


asyncio.run(main())
