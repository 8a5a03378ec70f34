"""The newest releases of servers that nobody here wrote, under the default profile: each with what is known to leak.

No other leak may be found. It takes some minutes for each server, so it is in no stage of CI; `--only` chooses.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from Harness.environments import virtual_environment

from . import servers
from .case import EXIT_CODES, Case, Target, findings

FOLDER = Path(__file__).resolve().parents[1] / "servers" / "releases"


@dataclass(frozen=True)
class Release:
    """A server from a registry: what to install, how to start it, what its peers must ask for, and what leaks."""

    requirements: list
    command: list
    options: tuple = ()
    leaks: frozenset = frozenset()
    """Rows in which a leak was confirmed by other means."""


def framework(name, *requirements, options=(), leaks=()):
    return Release(list(requirements), [str(FOLDER / "frameworks.py"), name, "{port}"], tuple(options), frozenset(leaks))


def asgi(module, requirement, *arguments, options=(), leaks=()):
    return Release([requirement] if isinstance(requirement, str) else requirement,
                   ["-m", module, "asgi_echo:app", *arguments], tuple(options), frozenset(leaks))


ALL = ["every lifecycle"]
"""Of a release that leaks something of each connection, whatever its lifecycle."""
SOCKET_IO = ("--path", "/socket.io/?EIO=4&transport=websocket", "--first-message", "40")
GRAPHQL = ("--subprotocol", "graphql-transport-ws", "--first-message", '{"type":"connection_init"}')

RELEASES = {
    "uvicorn, websockets": asgi("uvicorn", ["uvicorn", "websockets"], "--port", "{port}", "--log-level", "warning"),
    "uvicorn, wsproto": asgi(
        "uvicorn", ["uvicorn", "wsproto"], "--port", "{port}", "--ws", "wsproto", "--log-level", "warning"),
    "hypercorn": asgi(
        "hypercorn", "hypercorn", "--bind", "127.0.0.1:{port}", leaks=["flood-reset", "slow-reader"]),
    "daphne": asgi("daphne", "daphne", "--port", "{port}", "-v", "0"),
    "granian": asgi("granian", "granian", "--port", "{port}", "--interface", "asgi", "--log-level", "error"),
    "starlette": framework("starlette", "starlette", "uvicorn", "websockets"),
    "fastapi": framework("fastapi", "fastapi", "uvicorn", "websockets"),
    "litestar": framework("litestar", "litestar", "uvicorn", "websockets"),
    "quart": framework("quart", "quart", "uvicorn", "websockets"),
    "falcon": framework("falcon", "falcon", "uvicorn", "websockets"),
    "blacksheep": framework("blacksheep", "blacksheep", "uvicorn", "websockets"),
    "sanic": framework("sanic", "sanic"),
    "tornado": framework("tornado", "tornado"),
    "aiohttp": framework("aiohttp", "aiohttp"),
    "trio-websocket": framework("trio_websocket", "trio-websocket"),
    "autobahn": framework("autobahn", "autobahn"),
    "flask-sock": framework("flask_sock", "flask", "flask-sock"),
    "gevent-websocket": framework("gevent_websocket", "gevent", "gevent-websocket"),
    "eventlet": framework("eventlet", "eventlet"),
    "websockets": Release(["websockets"], [str(servers.SERVERS / "websockets_echo.py"), "--port", "{port}"]),
    "picows": Release(["picows", "uvloop"], [str(servers.SERVERS / "picows_echo.py"), "--port", "{port}"]),
    "Socket.IO on ASGI": framework("socketio_asgi", "python-socketio", "uvicorn", "websockets", options=SOCKET_IO),
    "Socket.IO on aiohttp": framework("socketio_aiohttp", "python-socketio", "aiohttp", options=SOCKET_IO),
    "Socket.IO on threads": framework("socketio_threading", "python-socketio", "werkzeug", "simple-websocket", options=SOCKET_IO),
    "Socket.IO on gevent": framework(
        "socketio_gevent", "python-socketio", "gevent", "gevent-websocket", options=SOCKET_IO),
    "Socket.IO on eventlet": framework(
        "socketio_eventlet", "python-socketio", "eventlet", options=SOCKET_IO, leaks=["flood-reset"]),
    "robyn": framework("robyn", "robyn", leaks=ALL),
    "GraphQL, ariadne": framework("ariadne", "ariadne", "uvicorn", "websockets", options=GRAPHQL),
    "GraphQL, strawberry": framework(
        "strawberry", "strawberry-graphql[asgi]", "uvicorn", "websockets", options=GRAPHQL),
    "NiceGUI": framework(
        "nicegui", "nicegui", options=("--path", "/_nicegui_ws/socket.io/?EIO=4&transport=websocket",
                                       "--first-message", "40")),
    "Streamlit": Release(
        ["streamlit"],
        ["-m", "streamlit", "run", str(FOLDER / "streamlit_app.py"), "--server.port", "{port}", "--server.headless",
         "true", "--server.address", "127.0.0.1", "--browser.gatherUsageStats", "false"],
        options=("--path", "/_stcore/stream")),
}


def cases(seeds):
    for name, release in RELEASES.items():
        yield Case(name, _expected(release), partial(_prepare, release), partial(judge, release.leaks), seeds[0],
                   options=release.options, has_profile=True)
    for name in ["node-ws", "gorilla", "tomcat"]:
        yield Case(name, "no leak", servers.ALL[name], partial(judge, frozenset()), seeds[0],
                   has_profile=True)


def _expected(release):
    return "no leak but " + ", ".join(sorted(release.leaks)) if release.leaks else "no leak"


def _prepare(release, watertight):
    interpreter = virtual_environment("releases", release.requirements)
    return Target([interpreter, *release.command], {"PYTHONPATH": str(FOLDER)})


def judge(known, exit_code, report):
    """What is wrong with a report of a server in which the rows of `known` leak."""
    leaks = {lifecycle for lifecycle, finding in findings(report) if finding["verdict"] == "leak"}
    if leaks - known and known != frozenset(ALL):
        return f"called a leak: {', '.join(sorted(leaks - known))}"
    if exit_code not in (0, 1, 2):
        return f"exit code {exit_code} ({EXIT_CODES.get(exit_code, 'error')})"
    return None
