"""The servers that are checked: ours, and echo servers on foreign libraries, each made on first use."""

from functools import partial
from pathlib import Path

from Harness.environments import compiled, node_with_ws, system_package, virtual_environment

from .case import Target

SERVERS = Path(__file__).resolve().parents[1] / "servers"

PYTHON_PEERS = {
    "websockets": ["websockets==17.4"],
    "aiohttp": ["aiohttp==3.14.*"],
    "picows": ["picows==2.3.*", "uvloop"],
}


def built_in(watertight, *arguments):
    return Target([watertight, "serve", "--port", "{port}", *arguments])


def python(name, watertight, *arguments):
    interpreter = virtual_environment(name, PYTHON_PEERS[name])
    return Target([interpreter, str(SERVERS / f"{name}_echo.py"), "--port", "{port}", *arguments])


def node(watertight, *arguments):
    environment = node_with_ws()
    return Target(["node", str(SERVERS / "node_ws_echo.js"), "--port", "{port}", *arguments], environment)


def libwebsockets(watertight):
    """In C, on Debian's library."""
    system_package("libwebsockets-dev", path="/usr/include/libwebsockets.h")
    source = SERVERS / "libwebsockets_echo.c"
    program = compiled(source, lambda folder: ["cc", "-O2", "-o", f"{folder}/echo", str(source), "-lwebsockets"])
    return Target([f"{program}/echo", "--port", "{port}"])


def gorilla(watertight, *arguments):
    """In Go, on Debian's compiler and library, so that no module is fetched."""
    system_package("golang-go", program="go")
    system_package("golang-github-gorilla-websocket-dev", path="/usr/share/gocode/src/github.com/gorilla/websocket")
    source = SERVERS / "gorilla_echo.go"
    program = compiled(source, lambda folder: [
        "env", "GO111MODULE=off", "GOPATH=/usr/share/gocode", f"GOCACHE={folder}/cache",
        "go", "build", "-o", f"{folder}/echo", str(source)])
    return Target([f"{program}/echo", "-port", "{port}", *arguments])


TOMCAT_JARS = ["annotations-api", "api", "catalina", "coyote", "el-api", "jaspic-api", "jni", "juli", "servlet-api",
               "util", "util-scan", "websocket-api", "websocket"]


def tomcat(watertight):
    """On the JVM, with Debian's library."""
    system_package("default-jdk-headless", program="javac")
    system_package("libtomcat9-java", path="/usr/share/java/tomcat9-websocket.jar")
    source = SERVERS / "TomcatEcho.java"
    jars = ":".join(f"/usr/share/java/tomcat9-{name}.jar" for name in TOMCAT_JARS)
    classes = compiled(source, lambda folder: ["javac", "-d", str(folder), "-cp", jars, str(source)])
    return Target(["java", "-cp", f"{classes}:{jars}", "TomcatEcho", "--port", "{port}"])


PLANTABLE = {
    "watertight": built_in,
    **{name: partial(python, name) for name in PYTHON_PEERS},
    "node-ws": node,
}
"""By name, those that take arguments and can be told to leak."""

ALL = {**PLANTABLE, "libwebsockets": libwebsockets, "gorilla": gorilla, "tomcat": tomcat}
"""Every server by name: a function of watertight's path."""


def plant(name, kind, lifecycle):
    """The arguments that make a server leak; how many of the connections do comes last, as `descriptor@fin:10`."""
    what, *every = kind.split(":")
    return ["--plant-leak" if name == "watertight" else "--plant", ":".join([f"{what}@{lifecycle}", *every])]
