# role: client
# name: TLS clients
# apt: openssl
"""openssl, curl and Python's ssl against `serve --tls`: versions, trust, ALPN, and how a connection ends."""

import asyncio
import os
import ssl
import subprocess
from urllib.parse import urlsplit

from exchanges import exchange, expect, main

CERTIFICATE = os.path.join(os.environ["TMPDIR"], "certificate.pem")
SERVE = ["--tls", "--write-cert", CERTIFICATE]
REQUEST = (b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
CLOSE = bytes([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
"""A masked Close frame with 1000."""


class Adapter:
    version = ssl.OPENSSL_VERSION.split()[1]


async def run(*command):
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, stdin=subprocess.DEVNULL, timeout=25)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


async def openssl(url, *options):
    address = urlsplit(url)
    return await run("openssl", "s_client", "-connect", f"{address.hostname}:{address.port}", *options)


async def versions(url, *names):
    for name in names:
        code, output = await openssl(url, f"-{name}", "-CAfile", CERTIFICATE, "-verify_return_error", "-verify_ip",
                                     "127.0.0.1", "-alpn", "h2,http/1.1")
        expect((0, True, True), (code, "Verify return code: 0 (ok)" in output, "ALPN protocol: http/1.1" in output))


@exchange("openssl s_client: TLS 1.2 and 1.3, http/1.1", serve=SERVE)
async def s_client(adapter, url):
    await versions(url, "tls1_2", "tls1_3")


@exchange("openssl s_client: TLS 1.1, and h2 alone, are refused", serve=SERVE)
async def refused(adapter, url):
    code, _ = await openssl(url, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    expect(1, code)
    code, output = await openssl(url, "-alpn", "h2")
    expect((1, True), (code, "alert number 120" in output))


@exchange("curl: trusts the written certificate, and without it nothing", serve=SERVE)
async def curl(adapter, url):
    page = url.replace("wss://", "https://") + "healthz"
    common = ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20", page]
    for options in ([], ["--tls-max", "1.2"], ["--http1.1"]):
        expect((0, "ok\n"), await run(*common, "--cacert", CERTIFICATE, *options))
    code, _ = await run(*common)
    # CURLE_PEER_FAILED_VERIFICATION
    expect(60, code)


def conversation(url):
    """What comes after a Close frame, by a client that takes a bare FIN for an error."""
    import socket
    address = urlsplit(url)
    context = ssl.create_default_context(cafile=CERTIFICATE)
    with socket.create_connection((address.hostname, address.port), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False) as secure:
            secure.sendall(REQUEST)
            head = b""
            while b"\r\n\r\n" not in head:
                head += secure.recv(4096)
            expect(b"HTTP/1.1 101", head[:12])
            secure.sendall(CLOSE)
            rest = b""
            while piece := secure.recv(4096):
                rest += piece
            return rest


@exchange("Python's ssl: Close, then close_notify, then the FIN", serve=SERVE)
async def close_notify(adapter, url):
    expect(bytes([0x88, 0x02, 0x03, 0xE8]), await asyncio.to_thread(conversation, url))


main(Adapter(), catalogue=[])
