"""An echo server on Python's websockets that leaves things of each connection, each held in a way of its own.

    holders.py --port PORT [map|listener|task|buffer|attribute|tenth|thread|file] ...
"""

import argparse
import asyncio
import os
import threading

from websockets.asyncio.server import serve


class Session:
    def __init__(self, number):
        self.number = number
        self.user = {"name": f"user {number}"}
        self.log = []


class Registry:
    def __init__(self):
        self.rooms = {"lobby": []}


sessions = {}
listeners = []
buffers = []
tasks = set()
registry = Registry()
count = 0


def open_session():
    sessions[count] = Session(count)


def subscribe(connection):
    def on_news(news):
        return connection.send(news)

    listeners.append(on_news)


async def wait_for_auth(connection):
    token = await asyncio.get_running_loop().create_future()
    await connection.send(token)


def write_log():
    os.open(os.devnull, os.O_WRONLY)


def leave(connection, leaks):
    global count
    count += 1
    if "map" in leaks:
        open_session()
    if "tenth" in leaks and count % 10 == 0:
        open_session()
    if "listener" in leaks:
        subscribe(connection)
    if "task" in leaks:
        tasks.add(asyncio.get_running_loop().create_task(wait_for_auth(connection)))
    if "buffer" in leaks:
        buffers.append(bytearray(1000))
    if "attribute" in leaks:
        registry.rooms["lobby"].append(Session(count))
    if "file" in leaks:
        write_log()
    if "thread" in leaks:
        threading.Thread(target=threading.Event().wait, name=f"session-writer-{count}", daemon=True).start()


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("leaks", nargs="*")
    arguments = parser.parse_args()

    async def echo(connection):
        try:
            async for message in connection:
                await connection.send(message)
        finally:
            leave(connection, arguments.leaks)

    async with serve(echo, "127.0.0.1", arguments.port, backlog=512) as server:
        await server.serve_forever()


asyncio.run(main())
