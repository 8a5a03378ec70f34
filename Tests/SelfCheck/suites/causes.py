"""Leaks of which the holder or the line is known, and must be named first; and healthy twins, which have no cause."""

import json
from functools import partial

from Harness.environments import compiled, node_with_ws, system_package, virtual_environment

from .case import EXIT_CODES, Case, Target
from .servers import PYTHON_PEERS, SERVERS

FOLDER = SERVERS / "causes"
OPTIONS = ("--explain", "auto", "--lifecycle", "clean-close", "--pause", "3")
RUNNING_OPTIONS = ("--explain", "always", "--heap", "python", *OPTIONS[2:])
BUDGET = 120
RATE_TOLERANCE = 0.1


def cases(seeds):
    for make in [_python, _node, _java, _ruby, _go, _c]:
        for name, server, cause in make():
            yield Case(name=f"cause: {name}", expected=cause.words, prepare=server, judge=cause, seed=seeds[0],
                       options=OPTIONS, budget=BUDGET)
    for name, server, cause in _running_python():
        yield Case(name=f"cause: {name}", expected=cause.words, prepare=server, judge=cause, seed=seeds[0],
                   options=RUNNING_OPTIONS, budget=BUDGET)


class Cause:
    """What the first cause must be: how many each connection leaves, of what kind, and words that it must have."""

    def __init__(self, rate, kind, *contains):
        self.rate, self.kind, self.contains = rate, kind, contains
        self.words = f"+{rate} {kind}: {' … '.join(contains)}"

    def __call__(self, exit_code, report):
        if EXIT_CODES.get(exit_code) != "leak":
            return f"exit code {exit_code}, not that of a leak"
        explanation = report["results"][0].get("explanation")
        if not explanation or not explanation.get("causes"):
            return f"no cause: {json.dumps(explanation)}"
        first = explanation["causes"][0]
        text = json.dumps(first)
        rate = sum(first["countsPerConnection"]) / len(first["countsPerConnection"])
        if first["kind"] != self.kind or abs(rate - self.rate) > RATE_TOLERANCE * self.rate:
            return f"the first cause is another: {text}"
        missing = [word for word in self.contains if word not in text]
        return f"the first cause lacks {', '.join(missing)}: {text}" if missing else None


class Healthy:
    words = "clean, without a cause"

    def __call__(self, exit_code, report):
        if EXIT_CODES.get(exit_code) != "clean":
            return f"exit code {exit_code}, not clean"
        return "a healthy row has an explanation" if "explanation" in report["results"][0] else None


# Each yields names, servers and what must be found.

def _python():
    def server(leaks, watertight):
        interpreter = virtual_environment("websockets", PYTHON_PEERS["websockets"])
        return Target([interpreter, str(FOLDER / "holders.py"), "--port", "{port}", *leaks.split()])

    line = _line("holders.py")
    yield "Python, an entry of a map", partial(server, "map"), Cause(1, "heldObject", "Session", "sessions", line("sessions ="))
    yield ("Python, an entry of a map of one connection in ten", partial(server, "tenth"),
           Cause(0.1, "heldObject", "Session", "sessions", line("sessions =")))
    yield ("Python, an entry of a list in an attribute", partial(server, "attribute"),
           Cause(1, "heldObject", "Session", "registry", ".rooms", "[lobby]", line("registry =")))
    yield ("Python, a listener", partial(server, "listener"),
           Cause(1, "heldObject", "on_news", "listeners", line("def on_news")))
    yield "Python, a buffer", partial(server, "buffer"), Cause(1, "heldObject", "bytearray", "buffers", line("buffers ="))
    yield ("Python, a task", partial(server, "task"),
           Cause(1, "task", "Task wait_for_auth", "tasks", line("await connection.send(token)", -1)))
    yield ("Python, a thread", partial(server, "thread"),
           Cause(1, "thread", "session-writer-#", "threading._active"))
    yield ("Python, a file", partial(server, "file"),
           Cause(1, "descriptor", "/dev/null", "write_log", line("os.open(")))
    yield "Python, nothing", partial(server, ""), Healthy()


def _running_python():
    def server(leaks, watertight):
        interpreter = virtual_environment("websockets", PYTHON_PEERS["websockets"])
        return Target([interpreter, str(FOLDER / "holders.py"), "--port", "{port}", *leaks.split()], runs_already=True)

    line = _line("holders.py")
    yield ("Python that runs, an entry of a map", partial(server, "map"),
           Cause(1, "heldObject", "Session", "sessions", line("sessions =")))
    yield "Python that runs, nothing", partial(server, ""), Healthy()


def _node():
    def server(leaks, watertight):
        return Target(["node", str(FOLDER / "holders.js"), "--port", "{port}", *leaks.split()], node_with_ws())

    line = _line("holders.js")
    yield ("Node, an entry of a map", partial(server, "map"),
           Cause(1, "heldObject", "Session", "sessions", "Map", line("const sessions")))
    yield ("Node, an entry of a map of one connection in ten", partial(server, "tenth"),
           Cause(0.1, "heldObject", "Session", "sessions", "Map", line("const sessions")))
    yield ("Node, an entry of an object", partial(server, "plain"),
           Cause(1, "heldObject", "Object", "users", line("const users")))
    yield "Node, an interval", partial(server, "interval"), Cause(1, "heldObject", "Timeout beat()", line("setInterval"))
    yield ("Node, a listener", partial(server, "listener"),
           Cause(1, "heldObject", "onNews()", "news", line("news.on(")))
    yield "Node, an entry of a map in a function", partial(server, "room"), Cause(1, "heldObject", "Session", "rooms")
    yield ("Node, a file", partial(server, "file"),
           Cause(1, "descriptor", "/dev/null", "holders.js", line("fs.open(")))
    yield "Node, nothing", partial(server, ""), Healthy()


def _ruby():
    def server(leaks, watertight):
        system_package("ruby", program="ruby")
        return Target(["ruby", str(FOLDER / "lines.rb"), "{port}", *leaks.split()])

    line = _line("lines.rb")
    yield "Ruby, an entry of a map", partial(server, "map"), Cause(1, "allocation", "lines.rb", line("@log ="))
    yield ("Ruby, a thread", partial(server, "thread"),
           Cause(1, "allocation", "Thread", line("Thread.new { Queue")))


def _go():
    def server(leaks, watertight):
        system_package("golang-go", program="go")
        system_package("golang-github-gorilla-websocket-dev", path="/usr/share/gocode/src/github.com/gorilla/websocket")
        source = FOLDER / "goroutines.go"
        program = compiled(source, lambda folder: [
            "env", "GO111MODULE=off", "GOPATH=/usr/share/gocode", f"GOCACHE={folder}/cache",
            "go", "build", "-o", f"{folder}/server", str(source)])
        return Target([f"{program}/server", "-port", "{port}", *leaks.split()])

    line = _line("goroutines.go")
    yield ("Go, a goroutine", partial(server, "-leak goroutine"),
           Cause(1, "goroutine", "main.writePump", "created by main.subscribe", line("go writePump")))
    yield ("Go, an entry of a map", partial(server, "-leak session"),
           Cause(1, "allocation", "main.remember", line("&session{"), "main.subscribe"))


def _c():
    def server(leaks, watertight):
        system_package("libwebsockets-dev", path="/usr/include/libwebsockets.h")
        system_package("binutils", program="addr2line")
        source = FOLDER / "leaky.c"
        program = compiled(source, lambda folder: [
            "cc", "-O2", "-g", "-o", f"{folder}/leaky", str(source), "-lwebsockets"])
        return Target([f"{program}/leaky", "{port}", *leaks.split()])

    line = _line("leaky.c")
    yield ("C, a block of each connection", partial(server, "leak"),
           Cause(1, "allocation", "112 B block", "remember", line("calloc("), "on_event", line("remember();")))
    yield ("C, a file", partial(server, "file"),
           Cause(1, "descriptor", "/dev/null", "write_log", line("open(\"/dev/null"), "on_event"))
    yield "C, nothing", partial(server, ""), Healthy()


def _java():
    def server(leaks, watertight):
        system_package("default-jdk-headless", program="javac")
        source = FOLDER / "Holders.java"
        classes = compiled(source, lambda folder: ["javac", "-d", str(folder), str(source)])
        return Target(["java", "-Xmx256m", "-XX:+UseSerialGC", "-cp", str(classes), "Holders", "{port}", *leaks.split()])

    line = _line("Holders.java")
    yield ("Java, an entry of a map", partial(server, "map"),
           Cause(1, "heldObject", '"what": "Session"', "Holders.SESSIONS", "ConcurrentHashMap"))
    yield ("Java, a listener", partial(server, "listener"),
           Cause(1, "heldObject", '"what": "Holders$$Lambda"', "Holders.LISTENERS", "Session"))
    yield ("Java, a thread", partial(server, "thread"),
           Cause(1, "thread", "thread session-pump-#", "Holders.pump", line("messages.take()")))
    yield "Java, nothing", partial(server, ""), Healthy()


def _line(name):
    """A function from what a line of a server contains to how a report names that line."""
    lines = (FOLDER / name).read_text().splitlines()

    def numbered(text, offset=0):
        number = next(number for number, line in enumerate(lines, 1) if text in line)
        return f'"line": {number + offset}'

    return numbered
