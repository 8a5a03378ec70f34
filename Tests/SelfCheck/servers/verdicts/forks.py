"""An echo server that forks a process for each connection: forks.py PORT [leak]. With `leak` the parent keeps 4 KiB each."""

import os
import signal
import socket
import sys

import wire

port, leaks = int(sys.argv[1]), sys.argv[2:] == ["leak"]
kept = []


def exactly(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def serve(connection):
    request = b""
    while b"\r\n\r\n" not in request:
        part = connection.recv(4096)
        if not part:
            return
        request += part
    head, rest = request.split(b"\r\n\r\n", 1)
    connection.sendall(wire.answer(head) or b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    while True:
        first, second = exactly(connection, 2)
        length = second & 0x7F
        if length > 125:
            length = int.from_bytes(exactly(connection, 2 if length == 126 else 8))
        key = exactly(connection, 4)
        payload = bytes(octet ^ key[index % 4] for index, octet in enumerate(exactly(connection, length)))
        opcode = first & 0x0F
        connection.sendall(wire.frame(wire.PONG if opcode == wire.PING else opcode, payload))
        if opcode == wire.CLOSE:
            return


signal.signal(signal.SIGCHLD, signal.SIG_IGN)
with socket.create_server(("127.0.0.1", port), backlog=512) as listener:
    while True:
        connection, _ = listener.accept()
        with connection:
            if os.fork() == 0:
                listener.close()
                try:
                    serve(connection)
                except (EOFError, OSError):
                    pass
                os._exit(0)
            if leaks:
                kept.append(wire.block())
