"""Foreign software for the tests: virtual environments with pip, system packages with apt-get.

Everything is made once and reused. Environments live under the folder that WATERTIGHT_PEERS names, by default
`.build-peers/` of the checkout.
"""

import fcntl
import glob
import hashlib
import os
import shutil
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
ROOT = Path(os.environ.get("WATERTIGHT_PEERS") or CHECKOUT / ".build-peers").absolute()

INSTALL_LIMIT = 600
"""Seconds that one installation may take."""


class SetupFailure(Exception):
    """Something a test needs is not there; the message says what to install."""


def virtual_environment(name, requirements, python="3.11+"):
    """The interpreter of a virtual environment that has `requirements`, made on first use.

    `python` is an exact version such as "3.9", or a least version such as "3.11+".
    """
    wanted = "\n".join([python, *requirements])
    name = f"{name}-{hashlib.sha256(wanted.encode()).hexdigest()[:8]}"
    folder = ROOT / name
    stamp = folder / ".requirements"
    interpreter = folder / "bin" / "python"
    with _lock(name):
        if stamp.exists() and stamp.read_text() == wanted and interpreter.exists():
            return str(interpreter)
        base = find_interpreter(python)
        shutil.rmtree(folder, ignore_errors=True)
        _make_environment(base, folder)
        if requirements:
            _run(
                [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements],
                f"cannot install {', '.join(requirements)} with pip (is there a network?)",
            )
        stamp.write_text(wanted)
        return str(interpreter)


def system_package(package, program=None, path=None):
    """Makes sure of a Debian package: its `program` is in PATH, or its `path` exists."""

    def is_there():
        return (program is None or shutil.which(program)) and (path is None or os.path.exists(path))

    if is_there():
        return
    with _lock("apt"):
        if is_there():
            return
        advice = f"{program or path} is missing: install it with  apt-get install {package}"
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise SetupFailure(advice)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        # The lists of a bare machine are empty, those of an old one out of date; that is told by the second attempt.
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
        try:
            _run(install, advice, environment)
        except SetupFailure:
            _run(["apt-get", "update", "-qq"], advice, environment)
            _run(install, advice, environment)
        if not is_there():
            raise SetupFailure(advice)


def node_with_ws():
    """The environment variables with which `node` finds Debian's node-ws."""
    system_package("nodejs", program="node")
    system_package("node-ws", path="/usr/share/nodejs/ws/package.json")
    return {"NODE_PATH": "/usr/share/nodejs"}


def compiled(source, command, headers=()):
    """The folder of what `command(folder)` makes of a source file, made anew when it or one of its `headers` has changed."""
    text = b"".join(file.read_bytes() for file in [source, *headers])
    folder = ROOT / f"{source.stem}-{hashlib.sha256(text).hexdigest()[:8]}"
    stamp = folder / ".made"
    with _lock(source.stem):
        if not stamp.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _run(command(folder), f"cannot compile {source.name}")
            stamp.touch()
    return folder


def find_interpreter(version):
    """A Python of that version from PATH or pyenv: "3.9" exactly, "3.11+" at least."""
    least = tuple(int(part) for part in version.rstrip("+").split("."))
    is_open = version.endswith("+")

    def fits(found):
        return found >= least if is_open else found == least

    for candidate in _interpreters(least, is_open):
        answer = subprocess.run(
            [candidate, "-c", "import sys; print(sys.version_info[0], sys.version_info[1], sys.executable)"],
            capture_output=True, text=True,
        )
        words = answer.stdout.split(maxsplit=2)
        if answer.returncode == 0 and len(words) == 3 and fits((int(words[0]), int(words[1]))):
            return words[2].strip()
    name = version.rstrip("+")
    raise SetupFailure(
        f"Python {name}{' or newer' if is_open else ''} is missing: put python{name} in PATH, "
        f"or install it with pyenv ( pyenv install {name} )"
    )


def _interpreters(least, is_open):
    """Paths that may hold a fitting interpreter, the likeliest first."""
    series = f"{least[0]}.{least[1]}"
    names = [f"python{series}"] + (["python3"] if is_open else [])
    folders = [folder for folder in os.environ.get("PATH", "").split(":") if folder] + ["/usr/bin", "/usr/local/bin"]
    for name in names:
        for folder in folders:
            path = os.path.join(folder, name)
            if os.access(path, os.X_OK):
                yield path
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    pattern = f"{least[0]}.*" if is_open else f"{series}.*"
    yield from sorted(glob.glob(os.path.join(pyenv, "versions", pattern, "bin", "python")))


def _make_environment(base, folder):
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        _run([base, "-m", "venv", str(folder)], "cannot make a virtual environment")
    except SetupFailure:
        # Debian keeps a part of the module apart from the interpreter.
        shutil.rmtree(folder, ignore_errors=True)
        if not base.startswith("/usr/bin/"):
            raise
        library = os.path.basename(os.path.realpath(base))
        system_package("python3-venv", path=f"/usr/lib/{library}/ensurepip/__init__.py")
        _run([base, "-m", "venv", str(folder)], "cannot make a virtual environment")


def _run(command, complaint, environment=None):
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=INSTALL_LIMIT,
        )
    except subprocess.TimeoutExpired:
        raise SetupFailure(f"{complaint}: {command[0]} took longer than {INSTALL_LIMIT} s") from None
    if done.returncode != 0:
        raise SetupFailure(f"{complaint}\n{done.stdout[-2000:].strip()}")


_threads = threading.Lock()


@contextmanager
def _lock(name):
    """One installation of a thing at a time, among threads and among processes."""
    ROOT.mkdir(parents=True, exist_ok=True)
    with _threads, open(ROOT / f".{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
