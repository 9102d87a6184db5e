"""``inspect`` and ``--report``: one file that needs no other, and tells the truth about every page."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage
from playwright.sync_api import sync_playwright

import mangacolor.pipeline.run
from mangacolor.core.settings import Scale
from mangacolor.pipeline.report.pictures import read_picture, sizes
from mangacolor.tests.helpers.archives import RawEntry, make_raw_zip, png
from mangacolor.tests.helpers.commands import exit_status
from mangacolor.tests.helpers.fake_stages import House, go, write_page
from mangacolor.tests.helpers.studio import find_browser


class Tags(HTMLParser):
    """Collects every tag, and complains about one that is left open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "input", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def chapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for name in ("1 <b>&.png", "2.png", "10.png"):
        write_page(tmp_path / "in" / name, len(name))
    return tmp_path / "in"


def picture(address: str | None) -> np.ndarray:
    assert address is not None and address.startswith("data:image/webp;base64,")
    data = np.frombuffer(base64.b64decode(address.partition(",")[2]), np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image)


def test_inspect_shows_source_result_and_stages(chapter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    go(House(), chapter, Path("out"), keep=True)
    assert exit_status("inspect", "out", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    html = Path(said["file"]).read_text(encoding="utf-8")
    assert said["pages"] == 3
    assert not re.search(r"https?://", html)
    assert "<b>" not in html and "1 &lt;b&gt;&amp;.png" in html
    tags = Tags(html)
    assert not tags.open
    images = [attributes for tag, attributes in tags.found if tag == "img" and "src" in attributes]
    names = [attributes["alt"] for attributes in images]
    assert names.count("source") == names.count("result") == 3
    assert names.count("grow") == names.count("decode") == 3
    shown = {a["alt"]: picture(a["src"]) for a in images if a["alt"] in ("source", "result")}
    assert shown["source"].shape == shown["result"].shape
    assert shown["source"].mean() < shown["result"].mean()  # the fake network adds light
    assert sum(tag == "input" for tag, _ in tags.found) == 3
    # natural order, as in the chapter
    assert html.index("2.png") < html.index("10.png")


def test_inspect_of_one_page(chapter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    go(House(), chapter, Path("out"))
    assert exit_status("inspect", "out", "--page", "2") == 0
    html = Path(capsys.readouterr().out.strip()).read_text(encoding="utf-8")
    assert "<h2>2.png" in html and "10.png" not in html
    assert exit_status("inspect", "out", "--page", "2.png") == 0
    assert Path(capsys.readouterr().out.strip()).read_text(encoding="utf-8") == html
    assert exit_status("inspect", "out", "--page", "4") == 2
    assert exit_status("inspect", "out", "--page", "22.png") == 2
    assert "Did you mean 2.png? OUT has 3 pages: " in capsys.readouterr().err
    assert exit_status("inspect", "in") == 3
    capsys.readouterr()
    assert exit_status("inspect", "my.safetensors") == 3
    assert "my.safetensors: no such file or folder" in capsys.readouterr().err


def test_report_tells_of_failures_and_speed(
    chapter: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    house = House(moody=True)
    house.trouble["2.png"] = ValueError("boom & bust")
    monkeypatch.setattr(mangacolor.pipeline.run, "graph_of", house.graph_of)
    assert exit_status("in", "--out", "out", "--report", "--device", "cpu") == 1
    html = Path("out/.mangacolor/report.html").read_text(encoding="utf-8")
    assert "1 failed" in html and "boom &amp; bust" in html and "a minute" in html
    assert html.count("<section ") == 2
    assert not Tags(html).open


def test_report_tells_of_what_was_found_in_the_inputs(tmp_path: Path) -> None:
    pages = [RawEntry(f"第01話/<{n}>.png".encode("cp932"), png(n)) for n in (1, 2)]
    make_raw_zip(tmp_path / "x.cbz", pages)
    go(House(), tmp_path / "x.cbz", tmp_path / "out", report=True)
    html = (tmp_path / "out" / ".mangacolor" / "report.html").read_text(encoding="utf-8")
    assert "names read as Shift-JIS (cp932), the best guess" in html and not Tags(html).open


@pytest.mark.parametrize("scale", ["auto", "2"])
def test_report_names_the_scale_that_auto_chose_once(tmp_path: Path, scale: Scale) -> None:
    (tmp_path / "in").mkdir()
    for number in (1, 2):
        (tmp_path / "in" / f"{number}.png").write_bytes(png(number))
    go(House(), tmp_path / "in", tmp_path / "out", scale=scale, report=True)
    html = (tmp_path / "out" / ".mangacolor" / "report.html").read_text(encoding="utf-8")
    assert html.count("come out 4 times as large") == (scale == "auto")


def test_report_survives_a_lost_result(chapter: Path) -> None:
    go(House(), chapter, Path("out"))
    Path("out/2.png").unlink()
    assert exit_status("inspect", "out") == 0
    assert "gone" in Path("out/.mangacolor/inspect.html").read_text(encoding="utf-8")


def test_a_finished_file_that_cannot_be_shown_is_not_called_gone(chapter: Path) -> None:
    go(House(), chapter, Path("out"))
    Path("out/2.png").write_bytes(b"\xff\x0a a copied page, as JPEG XL")
    assert exit_status("inspect", "out") == 0
    html = Path("out/.mangacolor/inspect.html").read_text(encoding="utf-8")
    assert "cannot be shown here" in html and "is gone" not in html


def test_a_page_is_shown_as_stages_see_it(tmp_path: Path) -> None:
    """Clear ground is paper, and not the black that its colour may be."""
    PillowImage.new("RGBA", (20, 30), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    seen = read_picture((tmp_path / "clear.png").read_bytes())
    assert seen is not None and seen.shape == (30, 20, 3) and (seen == 255).all()


def test_long_reports_have_smaller_pictures() -> None:
    assert sizes(1) == sizes(24) == (1400, 640)
    assert sizes(100)[0] < 800 and sizes(10_000) == sizes(1000) == (630, 288)


# What a person would do, done by a script in the page; it gives its findings.
TRY_OUT = """async () => {
  const found = {}, box = document.querySelector(".compare"), slider = box.querySelector("input");
  const cut = element => getComputedStyle(element.querySelector(".after")).clipPath;
  document.querySelectorAll("img").forEach(image => image.loading = "eager");
  await Promise.all([...document.images].map(image => image.decode().catch(() => found.broken = image.alt)));
  found.images = [...document.images].filter(image => image.naturalWidth > 0).length;
  const move = (input, value) => { input.value = value; input.dispatchEvent(new Event("input")); };
  found.middle = cut(box);
  move(slider, 20);
  found.left = cut(box);
  const wide = box.getBoundingClientRect().width;
  box.parentElement.querySelector("button.zoom").click();
  const dialog = document.querySelector("dialog"), copy = dialog.querySelector(".compare");
  found.open = dialog.open;
  found.copied = cut(copy);
  move(copy.querySelector("input"), 70);
  found.right = cut(copy);
  found.larger = copy.getBoundingClientRect().width > wide;
  dialog.querySelector("form button").click();
  found.closed = !dialog.open;
  document.querySelector("figure button").click();
  const large = dialog.querySelector("img");
  const before = large.getBoundingClientRect().width;
  large.click();
  found.zoomed = large.getBoundingClientRect().width / before;
  dialog.click();
  found.closedAgain = !dialog.open;
  found.wide = document.documentElement.scrollWidth <= innerWidth;
  found.requests = performance.getEntriesByType("resource").filter(e => !e.name.startsWith("data:")).length;
  return found;
}"""


def in_browser(html: str, folder: Path) -> dict[str, Any]:
    """What ``TRY_OUT`` finds when a browser opens the page."""
    page = folder / "page.html"
    page.write_text(html, encoding="utf-8")
    path = find_browser()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        window = browser.new_page(viewport={"width": 1280, "height": 900})
        window.goto(page.as_uri())
        found: dict[str, Any] = window.evaluate(TRY_OUT)
        browser.close()
    return found


def test_the_report_works_in_a_browser(chapter: Path, tmp_path: Path) -> None:
    go(House(), chapter, Path("out"), keep=True)
    assert exit_status("inspect", "out") == 0
    html = Path("out/.mangacolor/inspect.html").read_text(encoding="utf-8")
    found = in_browser(html, tmp_path)
    assert "broken" not in found and found["images"] == html.count("<img ")
    assert found["middle"] == "inset(0px 0px 0px 50%)"
    assert found["left"] == found["copied"] == "inset(0px 0px 0px 20%)"
    assert found["right"] == "inset(0px 0px 0px 70%)"
    assert found["open"] and found["closed"] and found["closedAgain"] and found["larger"]
    assert found["zoomed"] > 1.5
    assert found["wide"], "the page is wider than the window"
    assert found["requests"] == 0, "it must work offline"
