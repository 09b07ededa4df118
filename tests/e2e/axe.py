"""Automatic checks of a page against WCAG 2.2 AA, as wide as a desk's screen and as a phone's."""

from functools import cache
from typing import Any

from playwright.sync_api import Page, TimeoutError

from tests.e2e.desk import NARROW, WIDE
from tests.stack import ROOT

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_RUN = """async tags => {
  const outcome = await axe.run(document, {
    runOnly: {type: "tag", values: tags},
    resultTypes: ["violations"],
  });
  const places = one => one.nodes.map(node => node.html).join(" | ").slice(0, 500);
  return outcome.violations.map(one => `${one.id}: ${places(one)}`);
}"""

_FITS = "() => document.scrollingElement.scrollWidth <= window.innerWidth"


@cache
def _source() -> str:
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()


def violations(page: Page) -> list[str]:
    """What breaks a rule on this page as it stands, at both widths; the wide one afterwards."""
    page.evaluate(_source())
    found: list[str] = []
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        broken: list[Any] = page.evaluate(_RUN, _TAGS)
        where = f"{page.url} at {size['width']}"
        found += [f"{where}: {one}" for one in broken]
        try:  # the viewer draws its pages anew after the width has changed
            page.wait_for_function(_FITS, timeout=5000)
        except TimeoutError:
            found.append(f"{where}: wider than the screen (WCAG 1.4.10)")
    return found


def assert_accessible(page: Page) -> None:
    found = violations(page)
    assert not found, "\n".join(found)
