"""Pages, looked at in Chromium: their width, their outline, what an accessibility checker says, keyboard and print."""

import json
from pathlib import Path

from Harness.environments import virtual_environment

AXE = "axe-playwright-python==0.1.8"
"""The package that brings axe-core; the browser it is made for is not needed."""

WIDTHS = [1280, 390]

LONGEST_WALK = 200
"""Keys that are pressed to come through a page."""

SELECTION = """
(() => {
  const element = document.activeElement, style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  return {
    name: element.tagName, words: element.textContent.trim().slice(0, 40),
    shown: element === document.body || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2),
    inside: box.right <= innerWidth + 1,
  };
})()
"""


def axe_source():
    """The script of axe-core."""
    interpreter = Path(virtual_environment("axe", ["--no-deps", AXE]))
    script, = interpreter.parent.parent.glob("lib/python*/site-packages/axe_playwright_python/axe.min.js")
    return script.read_text(encoding="utf-8")


async def complaints(page):
    """What axe-core finds, a line each; axe must have been loaded into the page."""
    found = await page.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then(result => result.violations.map(each => "
        "[each.id, each.nodes.map(node => node.target.join(' ')).slice(0, 3)]))")
    return [f"{name}: {', '.join(nodes)}" for name, nodes in found]


async def require_accessible(page, axe):
    """Nothing to complain of in light and dark, and nothing sideways to scroll, on wide and narrow screens."""
    await page.evaluate(f"{axe}; true")
    for width in WIDTHS:
        for scheme in ["light", "dark"]:
            await page.look(width, scheme=scheme)
            found = await complaints(page)
            assert not found, (width, scheme, found)
        excess = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert excess <= 0, f"{excess} pixels beyond {width}"


async def require_noticed(page, axe):
    """The checks notice what is planted: text that is too pale, a control without a name, a block that is too wide."""
    await page.evaluate(f"{axe}; true")
    await page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', "
        "'<p style=\"color: #bbb; background: #fff\">pale</p><button></button><h6>deep</h6>"
        "<div style=\"width: 2000px\">wide</div>'); true")
    await page.look(390)
    names = {line.split(":")[0] for line in await complaints(page)}
    assert {"color-contrast", "button-name", "heading-order"} <= names, names
    assert await page.evaluate("document.documentElement.scrollWidth > innerWidth")


async def require_keyboard(page):
    """Everything that can be followed or unfolded is reached by Tab, seen to be selected, and unfolds by Enter."""
    await page.look(1280)
    wanted = await page.evaluate(
        "[...document.querySelectorAll('a[href], summary')].filter(each => each.checkVisibility()).length")
    reached = 0
    for _ in range(LONGEST_WALK):
        await page.press("Tab")
        place = await page.evaluate(SELECTION)
        if place["name"] == "BODY":
            break
        assert place["shown"] and place["inside"], place
        reached += 1
    assert reached >= wanted > 0, (reached, wanted)
    folded = "document.querySelector('details:not([open]) > summary')"
    await page.evaluate(f"window.folded = {folded}; folded.focus(); true")
    await page.press("Enter")
    assert await page.evaluate("folded.parentElement.open"), "Enter unfolds nothing"


async def require_links(page):
    """A link to what is folded away unfolds it."""
    await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = false; true")
    links = await page.evaluate("[...document.querySelectorAll('tbody a')].map(each => each.getAttribute('href'))")
    for link in links:
        await page.evaluate(f"document.querySelector(`a[href='{link}']`).click(); true")
        await page.wait_for(f"document.querySelector({json.dumps(link)}).checkVisibility()", 5)
    return len(links)


async def require_print(page):
    """On paper everything is unfolded, and nothing is wider than the sheet."""
    await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = false; true")
    await page.look(794, media="print")
    hidden = await page.evaluate(
        "[...document.querySelectorAll('details > :not(summary)')].filter(each => !each.checkVisibility()).length")
    assert hidden == 0, f"{hidden} parts do not show in print"
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    pdf = await page.call("Page.printToPDF", printBackground=True)
    assert len(pdf["data"]) > 10_000
