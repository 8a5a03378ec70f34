# role: inspector
# name: chromium devtools
# apt: chromium
"""The debugger's door of Chromium, for one of its pages."""

import asyncio
from pathlib import Path

from Harness.browser import Browser


async def main():
    async with Browser("--remote-debugging-port=0") as browser:
        page = (await browser.call("Target.createTarget", url="about:blank"))["targetId"]
        # The browser writes it before it answers.
        port = Path(browser.profile, "DevToolsActivePort").read_text().split()[0]
        print(f"listening {port} {browser.version} /devtools/page/{page}", flush=True)
        await browser.following


asyncio.run(main())
