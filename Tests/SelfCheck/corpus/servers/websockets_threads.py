"""The threading server of Python's websockets with a handler that reads one message, greets and returns."""

import argparse

from websockets.sync.server import serve


def greet(connection):
    connection.send("Hello %s!" % connection.recv())


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
with serve(greet, "127.0.0.1", parser.parse_args().port) as server:
    server.serve_forever()
