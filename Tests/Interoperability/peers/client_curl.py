# role: client
# name: curl
# apt: curl
"""curl, which knows HTTP only: plain requests get a proper answer, and an upgrade by hand gets a correct 101."""

import asyncio
import re
import subprocess

import exchanges
from exchanges import exchange, main

UPGRADE = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
    # The example of RFC 6455, section 1.3.
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


class Adapter:
    version = re.search(r"curl (\S+)", subprocess.run(["curl", "--version"], capture_output=True, text=True).stdout)[1]


async def ask(url, *options, fields=None, limit=10):
    """curl's exit code, the status, the fields in lower case, and the body."""
    command = ["curl", "--silent", "--show-error", "--include", "--http1.1", "--noproxy", "*", "--max-time", str(limit)]
    for name, value in (fields or {}).items():
        command += ["--header", f"{name}: {value}"]
    command += [*options, url.replace("ws://", "http://")]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=limit + 5)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    words = lines[0].split()
    if len(words) < 2:
        raise AssertionError(f"no answer: curl ended with {done.returncode}: {done.stderr.decode().strip()}")
    found = dict((name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:]))
    return done.returncode, int(words[1]), found, body


def expect_refusal(answer, *statuses):
    code, status, fields, body = answer
    if status not in statuses:
        raise AssertionError(f"status {status}, not {' or '.join(map(str, statuses))}")
    if code != 0:
        raise AssertionError(f"curl ended with {code}: the answer was not complete")
    if "content-length" not in fields:
        raise AssertionError(f"no Content-Length: {fields}")


@exchange("GET is told to upgrade")
async def plain_get(adapter, url):
    answer = await ask(url)
    expect_refusal(answer, 426)
    # RFC 9110, section 15.5.22.
    exchanges.expect("websocket", answer[2].get("upgrade", "").lower())
    if not answer[3]:
        raise AssertionError("no word of explanation in the body")


@exchange("HEAD, POST and PUT are refused")
async def other_methods(adapter, url):
    expect_refusal(await ask(url, "--head"), 400, 405, 426)
    expect_refusal(await ask(url, "--data", "a=b"), 400, 405, 426)
    expect_refusal(await ask(url, "--request", "PUT", "--data", "x" * 5000), 400, 405, 413, 426)


@exchange("upgrade by hand gets 101")
async def upgrade(adapter, url):
    # curl waits for more after the 101, so its limit is how this ends.
    _, status, fields, _ = await ask(url, fields=UPGRADE, limit=1)
    exchanges.expect(101, status)
    exchanges.expect(ACCEPT, fields.get("sec-websocket-accept"))
    exchanges.expect("websocket", fields.get("upgrade", "").lower())
    exchanges.expect("upgrade", fields.get("connection", "").lower())
    exchanges.expect(None, fields.get("sec-websocket-protocol"))
    exchanges.expect(None, fields.get("sec-websocket-extensions"))


@exchange("upgrade with other spellings gets 101")
async def spellings(adapter, url):
    fields = {"connection": "keep-alive, uPGRADE", "UPGRADE": "WebSocket", "sec-websocket-version": "13",
              "SEC-WEBSOCKET-KEY": UPGRADE["Sec-WebSocket-Key"]}
    _, status, answer, _ = await ask(url, fields=fields, limit=1)
    exchanges.expect(101, status)
    exchanges.expect(ACCEPT, answer.get("sec-websocket-accept"))


@exchange("an unknown version is told the known one")
async def version(adapter, url):
    answer = await ask(url, fields={**UPGRADE, "Sec-WebSocket-Version": "12"})
    # RFC 6455, section 4.4.
    expect_refusal(answer, 426, 400)
    exchanges.expect("13", answer[2].get("sec-websocket-version"))


@exchange("upgrade without a key, or with a bad one, gets 400")
async def bad_key(adapter, url):
    without = {name: value for name, value in UPGRADE.items() if name != "Sec-WebSocket-Key"}
    expect_refusal(await ask(url, fields=without), 400)
    expect_refusal(await ask(url, fields={**UPGRADE, "Sec-WebSocket-Key": "c2hvcnQ="}), 400)


@exchange("a head of 100 KB is refused")
async def long_head(adapter, url):
    _, status, _, _ = await ask(url, fields={**UPGRADE, "X-Long": "x" * 100_000})
    if status not in (400, 413, 414, 431):
        raise AssertionError(f"status {status}")


main(Adapter(), catalogue=[])
