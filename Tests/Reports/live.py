"""The live page of a check, seen in Chromium while the check goes on."""

import http.client
import re
import signal
import socket
import time
from urllib.parse import urlsplit

from Harness.browser import Page
from Harness.processes import Child

ADDRESS_LIMIT = 30
"""Seconds until the address is there."""

CHECK_LIMIT = 120
"""Seconds that the check may take."""

SHOWN_LIMIT = 30
"""Seconds until a page shows what there is."""

END_LIMIT = 10
"""Seconds from the last state to the end of the process."""

ROWS = """
(() => {
  const rows = [...document.querySelectorAll("#part-verdicts tbody tr")];
  return {
    waiting: rows.filter(row => row.querySelector(".waiting")).length, all: rows.length,
    circles: document.querySelectorAll("#part-plots circle").length,
    sockets: document.querySelectorAll("#sockets li").length,
    status: document.getElementById("status").textContent,
    heading: document.querySelector("h1")?.textContent.trim() ?? "",
  };
})()
"""


def status_of(url, path, **fields):
    """The status of a request, with these fields beside its own."""
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
    try:
        connection.putrequest("GET", path, skip_host="Host" in fields)
        for name, value in fields.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


def require_guarded(url):
    """Who has not the token, or comes from elsewhere, is refused."""
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    other = url.path[:-1] + ("0" if url.path[-1] != "0" else "1")
    found = [
        status_of(url, url.path), status_of(url, "/"), status_of(url, other),
        status_of(url, url.path, Host="evil.example"),
        status_of(url, f"{url.path}/events", Origin="http://evil.example", **upgrade),
        status_of(url, f"{other}/events", **upgrade), status_of(url, f"{url.path}/events", **upgrade),
    ]
    assert found == [200, 404, 404, 421, 403, 404, 101], found


def stuck_viewer(url):
    """A viewer who asks for everything and reads nothing."""
    viewer = socket.socket()
    viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    viewer.connect((url.hostname, url.port))
    viewer.sendall(
        f"GET {url.path}/events HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode())
    return viewer


async def watch_check(browser, watertight, picture=None):
    """Rows appear when they are decided, and plots grow, until the page is the report."""
    command = [
        watertight, "check", "--live", "--budget", "20", "--pause", "3", "--seed", "7", "--lifecycle", "fin",
        "--lifecycle", "bare-tcp", "--explain", "never", "--", watertight, "serve", "--port", "{port}",
        "--plant-leak", "descriptor@fin:2",
    ]
    with Child(command) as child:
        url = address(child)
        require_guarded(url)
        viewer = stuck_viewer(url)
        page = await Page.open(browser, url.geturl())
        await page.look(1280)
        seen = []
        deadline = time.monotonic() + CHECK_LIMIT
        while not seen or seen[-1]["status"] != "over":
            assert time.monotonic() < deadline, seen[-3:]
            now = await page.wait_for(ROWS, 10)
            if not seen or now != seen[-1]:
                seen.append(now)
            if picture and now["circles"] > 60:
                await page.picture(picture)
                picture = None
        # Nor does the one who reads nothing hold it.
        assert child.wait(END_LIMIT) == 1, child.errors_text
        viewer.close()
        judge(seen)
        assert await page.evaluate("document.querySelectorAll('#part-rest .plot').length") > 5
        return len(seen), page


async def watch_server(browser, watertight):
    """A server shows its own connections, and a watch beside it what it holds, until both have ended."""
    with Child([watertight, "serve", "--port", "0", "--live"]) as server:
        url = server.line("watertight listening on ", ADDRESS_LIMIT).rpartition(" ")[2]
        with Child([watertight, "watch", url, "--live", "--interval", "200ms"]) as watch:
            pages = [await Page.open(browser, address(child).geturl()) for child in [server, watch]]
            with Child([watertight, "drive", url, "--lifecycle", "fin", "--count", "20"]) as drive:
                assert drive.wait(CHECK_LIMIT) == 0, drive.errors_text
            await pages[0].wait_for(
                "[...document.querySelectorAll('#part-endings tr')].some(row => /^fin\\s*20$/.test(row.textContent))", SHOWN_LIMIT)
            for page in pages:
                await page.wait_for("document.querySelectorAll('#part-plots .level').length >= 3", SHOWN_LIMIT)
                await page.wait_for("document.querySelectorAll('#sockets li').length > 0", SHOWN_LIMIT)
            for child, page, signal_number in [(watch, pages[1], signal.SIGINT), (server, pages[0], signal.SIGTERM)]:
                child.signal(signal_number)
                assert child.wait(END_LIMIT) is not None, child.command
                await page.wait_for("document.getElementById('status').textContent === 'over'", SHOWN_LIMIT)
            return pages


def address(child):
    """Where the page is, as the command says it."""
    deadline = time.monotonic() + ADDRESS_LIMIT
    while time.monotonic() < deadline:
        if match := re.search(r"^live: (http://127\.0\.0\.1:\d+/[0-9a-f]{32})$", child.errors_text, re.MULTILINE):
            return urlsplit(match[1])
        time.sleep(0.02)
    raise AssertionError(f"no address: {child.errors_text}")


def judge(seen):
    """What was seen of the course, from the first look to the last."""
    counts = {(each["all"], each["waiting"]) for each in seen}
    # Both wait or are driven, then one of them is decided, then both are.
    assert {(2, 2), (2, 1), (2, 0)} <= counts, counts
    assert max(each["circles"] for each in seen) > 30, seen[-1]
    assert len({each["circles"] for each in seen}) >= 5, "the plots do not grow"
    assert any(each["sockets"] > 0 for each in seen), "no socket was seen"
    headings = [each["heading"] for each in seen]
    assert "no leak so far" in headings and "leak: fin" in headings[-1], headings
