"""The servers that are measured, and the yardstick: each is made on first use."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
CHECKOUT = HERE.parents[1]
sys.path.insert(0, str(CHECKOUT / "Tests" / "SelfCheck"))

from harness.environments import SetupFailure, compiled, system_package  # noqa: E402
from harness.processes import Child  # noqa: E402
from suites.servers import libwebsockets, node, python  # noqa: E402

START_LIMIT = 60
"""Seconds that a server has until it accepts connections; under valgrind it needs some."""


def _c(name):
    source = HERE / "yardstick" / f"{name}.c"
    return str(compiled(source, lambda folder: ["cc", "-O2", "-o", f"{folder}/{name}", str(source)]) / name)


def load_generator():
    return _c("wsload")


def _swift(product):
    _build(["swift", "build", "-c", "release", "--package-path", str(HERE), "--product", product])
    return str(HERE / ".build" / "release" / product)


def _build(command):
    done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise SetupFailure(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}")


def limit():
    """What one thread of C over epoll can do."""
    return [_c("echo_limit"), "-p", "{port}"], {}


def watertight(*options):
    """The callbacks, as `serve` uses them."""
    _build(["swift", "build", "-c", "release", "--product", "watertight"])
    binary = str(CHECKOUT / ".build" / "release" / "watertight")
    return [binary, "serve", "--port", "{port}", "--max-connections", "20000", *options], {}


def watertight_async():
    return [_swift("async-echo"), "{port}"], {}


def _self_check(target):
    return target.command, target.environment or {}


def beast():
    system_package("libboost-dev", path="/usr/include/boost/beast.hpp")
    system_package("g++", program="c++")
    source = HERE / "peers" / "beast_echo.cpp"
    folder = compiled(source, lambda folder: [
        "c++", "-O2", "-std=c++17", "-pthread", "-o", f"{folder}/beast_echo", str(source)])
    return [f"{folder}/beast_echo", "{port}"], {}


OURS = {"watertight, callbacks": watertight, "watertight, async": watertight_async}

PEERS = {
    "picows, uvloop": lambda: _self_check(python("picows", None)),
    "websockets": lambda: _self_check(python("websockets", None)),
    "Node ws": lambda: _self_check(node(None)),
    "libwebsockets": lambda: _self_check(libwebsockets(None)),
    "Boost.Beast": beast,
    "NIOWebSocket": lambda: ([_swift("nio-echo"), "{port}"], {}),
    "FlyingFox": lambda: ([_swift("flyingfox-echo"), "{port}"], {}),
}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def running(command, environment, *prefix):
    """A server that accepts connections, with its port; ended when the block is left."""
    port = free_port()
    words = [*prefix, *(word.replace("{port}", str(port)) for word in command)]
    with Child(words, environment) as child:
        deadline = time.monotonic() + START_LIMIT
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if child.returncode is not None or time.monotonic() > deadline:
                    raise SetupFailure(f"{' '.join(words)} does not accept connections:\n{child.errors_text[-2000:]}")
                time.sleep(0.02)
        yield child, port


def server_pid(child):
    """The process that serves: behind a pinning prefix it is the same, since taskset replaces itself."""
    return child.pid


def cores():
    return sorted(os.sched_getaffinity(0))
