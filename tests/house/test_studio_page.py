"""The studio's page as text: short modules, nothing written as markup, nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

from mangacolor.formats.outputs.book_forms import BOOK_FORMS
from mangacolor.tests.helpers.paths import ROOT

STATIC = ROOT / "studio/static"
MODULES = sorted(STATIC.rglob("*.js"))
MOST_LINES = 300
# Ways to turn data into markup or code.
MARKUP = re.compile(
    r"innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function"
    r"|setAttribute\(\"style\""
)
# Addresses that are names or references, and are never asked.
NAMES = ("http://www.w3.org/2000/svg", "https://bottosson.github.io/posts/oklab/")


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def page() -> str:
    return text(STATIC / "index.html")


def test_modules_are_short_and_say_what_they_are_for() -> None:
    assert len(MODULES) > 30
    assert {
        path.name: len(text(path).splitlines())
        for path in MODULES
        if len(text(path).splitlines()) > MOST_LINES
    } == {}
    assert [path.name for path in MODULES if not text(path).startswith("/**")] == []


def test_data_is_never_read_as_markup_or_code() -> None:
    assert {path.name: found for path in MODULES if (found := MARKUP.findall(text(path)))} == {}
    assert re.findall(r"\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|<style", page()) == []


def test_nothing_comes_from_another_machine() -> None:
    files = [path for path in STATIC.rglob("*") if path.suffix in (".js", ".css", ".html", ".svg")]
    told = {path.name: re.findall(r"(?:https?:)?//[\w.-]+\.\w{2,}[^\s\"')]*", text(path)) for path in files}
    others = {name: [one for one in found if not one.startswith(NAMES)] for name, found in told.items()}
    assert {name: found for name, found in others.items() if found} == {}


def test_modules_import_what_is_there() -> None:
    for path in MODULES:
        for target in re.findall(r"from \"(\.[^\"]+)\"", text(path)):
            assert (path.parent / target).resolve().is_file(), f"{path.name}: {target}"


def test_what_is_looked_up_in_the_page_is_in_it() -> None:
    ids = set(re.findall(r"\sid=\"([^\"]+)\"", page()))
    for path in MODULES:
        assert set(re.findall(r"\bfind\(\"([^\"]+)\"\)", text(path))) <= ids, path.name
    signs = {name.removeprefix("sign-") for name in ids if name.startswith("sign-")}
    for path in MODULES:
        assert set(re.findall(r"(?:signButton|drawSign)\(\"(\w+)\"", text(path))) <= signs, path.name
    assert set(re.findall(r"href=\"#sign-(\w+)\"", page())) <= signs


def test_styles_and_scripts_of_the_page_are_there() -> None:
    named = re.findall(r"(?:href|src)=\"/static/([^\"]+)\"", page())
    assert len(named) >= 6
    assert [name for name in named if not (STATIC / name).is_file()] == []


def test_all_modules_are_fetched_at_once() -> None:
    """Without that a browser learns of a module only from the one that imports it, level by level."""
    named = set(re.findall(r"rel=\"modulepreload\" href=\"/static/([^\"]+)\"", page()))
    modules = {path.relative_to(STATIC).as_posix() for path in MODULES}
    assert named == modules - {"js/main.js", "js/core/types.js"}  # the page's script, and types only


def test_a_chapter_can_be_saved_in_every_form_of_book() -> None:
    offered = re.findall(r'data-form="(\w+)"', page())
    assert sorted(offered) == sorted([*BOOK_FORMS, "palette"])
