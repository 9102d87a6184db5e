"""What axe-core finds: nothing serious, in both themes, in every room of the studio."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mangacolor.tests.helpers.paths import ROOT
from mangacolor.tests.helpers.studio import BROKEN
from mangacolor.tests.helpers.studio_window import Window

AXE = ROOT / "tests/studio_browser/axe/axe.min.js"
PAGE = "E19P01.png"


def serious(window: Window) -> list[str]:
    """What axe finds of its two upper grades, each with where."""
    window.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = window.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def rooms(window: Window) -> Iterator[str]:
    """Goes through the rooms of the studio, and names each."""
    window.show(BROKEN)
    window.page.locator("#page-note").wait_for()
    yield "a page that failed"
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    yield "nothing picked"
    window.click_at(PAGE, 0.22, 0.86)
    window.until(lambda: "surface" in window.page.inner_text(".counts"), "the counts")
    yield "colour"
    window.page.click("#to-groups")
    yield "groups"
    window.page.click("#to-history")
    yield "changes"
    window.press("s")
    yield "before and after"
    window.press("s", "?")
    yield "help"
    window.press("Escape")
    window.page.click("#redo-open")
    yield "do pages again"
    window.press("Escape")
    window.page.click("#mode-panels")
    window.page.locator("#panel-list .group-pick").first.click()
    yield "panels"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_window: Callable[..., Window], theme: str) -> None:
    window = open_window(color_scheme=theme, reduced_motion="reduce")
    found = {room: told for room in rooms(window) if (told := serious(window))}
    assert found == {}


def test_axe_sees_what_is_wrong(window: Window) -> None:
    window.page.evaluate("document.body.append(document.createElement('button'))")
    assert [row.partition(":")[0] for row in serious(window)] == ["button-name"]
