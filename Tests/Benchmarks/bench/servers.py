"""The servers that are measured, and the yardstick: each is made on first use."""

import os
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from Harness.environments import SetupFailure, compiled, node_with_ws, system_package, virtual_environment
from Harness.processes import Child
from suites.servers import PYTHON_PEERS, libwebsockets, node, python

HERE = Path(__file__).resolve().parents[1]
CHECKOUT = HERE.parents[1]

START_LIMIT = 60
"""Seconds that a server has until it accepts connections; under valgrind it needs some."""

LIMIT = "C over epoll"


def _c(name, *libraries):
    source = HERE / "yardstick" / f"{name}.c"
    return str(compiled(source, lambda folder: ["cc", "-O2", "-o", f"{folder}/{name}", str(source), *libraries]) / name)


def load_generator():
    system_package("zlib1g-dev", path="/usr/include/zlib.h")
    return _c("wsload", "-lz")


def sampler_limit():
    """What reading a process costs in C."""
    return _c("sampler_limit")


def engine_costs():
    """Our driver and sampler as programs."""
    return _ours("engine-costs")


def _ours(product):
    _build(["swift", "build", "-c", "release", "--product", product])
    return _without_debug_info(CHECKOUT / ".build" / "release" / product)


def _without_debug_info(program):
    """A copy of a program that valgrind can load: it does not read what newer compilers write about C."""
    copy = program.with_name(program.name + "-stripped")
    if not copy.exists() or copy.stat().st_mtime < program.stat().st_mtime:
        system_package("binutils", program="strip")
        subprocess.run(["strip", "-g", "-o", str(copy), str(program)], check=True)
    return str(copy)


def _swift(product):
    _build(["swift", "build", "-c", "release", "--package-path", str(HERE), "--product", product])
    return _without_debug_info(HERE / ".build" / "release" / product)


def _build(command):
    done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise SetupFailure(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}")


def limit():
    """What one thread of C over epoll can do."""
    return [_c("echo_limit"), "-p", "{port}"], {}


def watertight(*options):
    """The callbacks, as `serve` uses them."""
    return [_ours("watertight"), "serve", "--port", "{port}", "--max-connections", "20000", *options], {}


def watertight_async():
    return [_swift("async-echo"), "{port}"], {}


def _self_check(target):
    return target.command, target.environment or {}


def beast(mode):
    system_package("libboost-dev", path="/usr/include/boost/beast.hpp")
    system_package("g++", program="c++")
    source = HERE / "peers" / "beast.cpp"
    folder = compiled(source, lambda folder: [
        "c++", "-O2", "-std=c++17", "-pthread", "-o", f"{folder}/beast", str(source)])
    return [f"{folder}/beast", mode, "{port}"], {}


def libwebsockets_mode(mode):
    system_package("libwebsockets-dev", path="/usr/include/libwebsockets.h")
    source = HERE / "peers" / "libwebsockets_modes.c"
    folder = compiled(source, lambda folder: ["cc", "-O2", "-o", f"{folder}/server", str(source), "-lwebsockets"])
    return [f"{folder}/server", mode, "{port}"], {}


def node_ws(mode):
    return ["node", str(HERE / "peers" / "node_ws.js"), mode, "{port}"], node_with_ws()


def python_broadcast(name):
    interpreter = virtual_environment(name, PYTHON_PEERS[name])
    return [interpreter, str(HERE / "peers" / f"{name}_broadcast.py"), "{port}"], {}


ECHO = {
    LIMIT: limit,
    "watertight, callbacks": watertight,
    "watertight, async": watertight_async,
    "picows, uvloop": lambda: _self_check(python("picows", None)),
    "websockets": lambda: _self_check(python("websockets", None)),
    "Node ws": lambda: _self_check(node(None)),
    "libwebsockets": lambda: _self_check(libwebsockets(None)),
    "Boost.Beast": lambda: beast("echo"),
    "NIOWebSocket": lambda: ([_swift("nio-peer"), "echo", "{port}"], {}),
    "FlyingFox": lambda: ([_swift("flyingfox-peer"), "echo", "{port}"], {}),
}

COMPRESSED = {
    "watertight, callbacks": watertight,
    "watertight, async": watertight_async,
    "websockets": lambda: _self_check(python("websockets", None)),
    "Node ws": lambda: node_ws("compress"),
    "libwebsockets": lambda: libwebsockets_mode("compress"),
    "Boost.Beast": lambda: beast("compress"),
}
"""Those that can compress; picows, NIOWebSocket and FlyingFox cannot."""

BROADCAST = {
    "watertight, broadcast": lambda: watertight("--handler", "broadcast"),
    "picows, uvloop": lambda: python_broadcast("picows"),
    "websockets": lambda: python_broadcast("websockets"),
    "Node ws": lambda: node_ws("broadcast"),
    "libwebsockets": lambda: libwebsockets_mode("broadcast"),
    "Boost.Beast": lambda: beast("broadcast"),
    "NIOWebSocket": lambda: ([_swift("nio-peer"), "broadcast", "{port}"], {}),
    "FlyingFox": lambda: ([_swift("flyingfox-peer"), "broadcast", "{port}"], {}),
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
