"""Every picture that an EPUB's spine shows is a page, however it is shown; nothing else is."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mangacolor.core.errors import InputError, PageError
from mangacolor.formats.epub.pictures import Book, parse_xml, shown_pictures
from mangacolor.tests.helpers.archives import make_zip, only, plan_of, png

HTML = '<html xmlns="http://www.w3.org/1999/xhtml"><head>{head}</head><body>{body}</body></html>'


def shown(body: str, head: str = "", **files: str) -> list[str] | None:
    entries = {"OEBPS/text/p.xhtml": HTML.format(head=head, body=body).encode()}
    entries |= {f"OEBPS/{name.replace('__', '/').replace('_', '.')}": t.encode() for name, t in files.items()}
    return shown_pictures("OEBPS/text/p.xhtml", Book(entries.get))


WAYS = {
    "img": '<img src="../i/1.png"/>',
    "srcset": '<img srcset="../i/0.png 1x, ../i/1.png 2x"/>',
    "picture": '<picture><source srcset="../i/0.avif"/><img src="../i/1.png"/></picture>',
    "only sources": '<picture><source srcset="../i/1.png 800w, ../i/0.png 400w"/></picture>',
    "svg": '<svg xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="../i/1.png"/></svg>',
    "svg 2": '<svg xmlns="http://www.w3.org/2000/svg"><image href="../i/1.png"/></svg>',
    "background": "<div style=\"background-image: url('../i/1.png')\"></div>",
    "shorthand": '<div style="background: white url(../i/1.png) no-repeat center/cover"></div>',
    "image-set": "<div style=\"background-image: image-set('../i/1.png' 1x, '../i/0.png' 2x)\"></div>",
    "object for readers without": '<object data="../i/none.swf"><img src="../i/1.png"/></object>',
    "escaped": '<img src="../i/%31.png?size=2#top"/>',
    "named characters": '<p>one&nbsp;two &copy;</p><img src="../i/1.png"/>',
}


@pytest.mark.parametrize("body", WAYS.values(), ids=WAYS.keys())
def test_ways_of_showing_a_picture(body: str) -> None:
    assert shown(body) == ["OEBPS/i/1.png"]


def test_drawings_are_no_pages() -> None:
    body = '<img src="a.svg"/><img src="b.SVG#x"/><svg><image href="c.svgz"/></svg>'
    body += '<p style="background: url(d.svg)"/>'
    assert shown(body + WAYS["img"]) == ["OEBPS/i/1.png"]


def test_pictures_keep_the_order_of_the_document() -> None:
    everything = "".join(
        body.replace("%31", "1").replace("1.png", f"{n}.png") for n, body in enumerate(WAYS.values())
    )
    names = [f"OEBPS/i/{n}.png" for n in range(len(WAYS))]
    assert shown(everything) == names


def test_an_object_shows_a_picture_or_a_document_of_its_own() -> None:
    entries = {
        "p.xhtml": HTML.format(head="", body='<object data="a.svg"/><object data="1.png"/>').encode(),
        "a.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="2.png"/></svg>',
        "1.png": png(1),
    }
    assert shown_pictures("p.xhtml", Book(entries.get)) == ["2.png", "1.png"]
    assert shown_pictures("a.svg", Book(entries.get)) == ["2.png"]
    assert shown_pictures("1.png", Book(entries.get)) == ["1.png"]


SHEETS = {
    "a class": (".a { background-image: url(1.png) }", ["OEBPS/style/1.png"]),
    "of two the stronger": (
        "#x { background: url(1.png) } .a { background: url(0.png) }",
        ["OEBPS/style/1.png"],
    ),
    "of two equals the later": (
        ".a { background: url(0.png) } .a { background: url(1.png) }",
        ["OEBPS/style/1.png"],
    ),
    "an important one": (
        ".a { background: url(1.png) !important } .a { color: red }",
        ["OEBPS/style/1.png"],
    ),
    "nobody's class": (".b { background: url(1.png) }", []),
    "before it": (".a::before { content: url(1.png) }", ["OEBPS/style/1.png"]),
    "on screens": ("@media screen { .a { background: url(1.png) } }", ["OEBPS/style/1.png"]),
    "on paper only": ("@media print { .a { background: url(1.png) } }", []),
    "hidden": (".a { background: url(1.png); display: none }", []),
    "a font": ("@font-face { src: url(f.woff) }", []),
    "a list's mark and a border": (".a { list-style-image: url(1.png); border-image: url(2.png) }", []),
    "from elsewhere": (".a { background: url(https://example.org/1.png) }", []),
    "a broken sheet": ("} .a { background: url(1.png) } {{{", []),
    "after a broken rule": (".b { color } ;; .a { x: } .a { background: url(1.png) }", []),
}


@pytest.mark.parametrize(("sheet", "expected"), SHEETS.values(), ids=SHEETS.keys())
def test_backgrounds_of_style_sheets(sheet: str, expected: list[str]) -> None:
    head = '<link rel="stylesheet" href="../style/a.css"/>'
    body = '<div id="x" class="a"></div>'
    if "broken" not in sheet and "{{{" not in sheet and ";;" not in sheet:
        assert shown(body, head, style__a_css=sheet) == expected
    else:
        assert shown(body, head, style__a_css=sheet) is not None  # what readers make of it differs
    assert shown(body, f"<style>{sheet.replace('url(', 'url(../style/')}</style>") is not None


def test_imported_sheets_are_followed_and_circles_end() -> None:
    head = '<link rel="stylesheet" href="../style/a.css"/>'
    sheets = {
        "style__a_css": '@import "b.css"; @import url("deep/c.css");',
        "style__b_css": '@import "a.css"; .a { background: url(1.png) }',
        "style__deep__c_css": ".b { background: url(2.png) }",
    }
    body = '<p class="a"/><p class="b"/>'
    assert shown(body, head, **sheets) == ["OEBPS/style/1.png", "OEBPS/style/deep/2.png"]


def test_what_is_no_document_is_named(tmp_path: Path) -> None:
    assert shown_pictures("gone.xhtml", Book(lambda _name: None)) is None
    assert shown("<p>") is None
    assert parse_xml(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>') is None
    plan = plan_of(make_book(tmp_path / "x.epub", {"1": WAYS["img"], "2": "<p>"}))
    picture, document = only(plan).pages
    assert (picture.name, document.name) == ("x.epub/OEBPS/i/1.png", "x.epub/OEBPS/text/2.xhtml")
    with pytest.raises(PageError, match=r"2\.xhtml is no well-formed document; .* stay grey") as caught:
        document.source.read()
    assert "Repair the book" in caught.value.remedy


def test_what_a_book_shows_and_does_not_hold_is_named(tmp_path: Path) -> None:
    plan = plan_of(make_book(tmp_path / "x.epub", {"1": WAYS["img"] + '<img src="../i/7.png"/>'}))
    assert [page.name for page in only(plan).pages] == ["x.epub/OEBPS/i/1.png"]
    assert plan.notes == (f"{tmp_path}/x.epub: OEBPS/i/7.png, which the book shows, is not in it",)


def make_book(path: Path, documents: dict[str, str], pictures: int = 1) -> Path:
    items = "".join(f'<item id="d{n}" href="text/{n}.xhtml"/>' for n in documents)
    spine = "".join(f'<itemref idref="d{n}"/>' for n in documents)
    entries = {
        "META-INF/container.xml": b'<container><rootfile full-path="OEBPS/c.opf"/></container>',
        "OEBPS/c.opf": f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>".encode(),
    }
    entries |= {f"OEBPS/text/{n}.xhtml": HTML.format(head="", body=b).encode() for n, b in documents.items()}
    entries |= {f"OEBPS/i/{n}.png": png(n) for n in range(1, pictures + 1)}
    return make_zip(path, entries)


@pytest.mark.parametrize("seed", range(24))
def test_books_of_pages_shown_in_any_way_keep_their_order(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    order = draw.sample(range(1, 10), 9)
    ways = [body for name, body in WAYS.items() if name != "escaped"]
    documents = {str(n): draw.choice(ways).replace("1.png", f"{n}.png") for n in order}
    chapter = only(plan_of(make_book(tmp_path / "x.epub", documents, 9)))
    assert [page.name for page in chapter.pages] == [f"x.epub/OEBPS/i/{n}.png" for n in order]


@given(st.text(max_size=200))
def test_no_style_sheet_is_too_odd(text: str) -> None:
    entries = {
        "p.xhtml": HTML.format(head='<link rel="stylesheet" href="a.css"/>', body='<p class="a"/>').encode(),
        "a.css": f".a {{ {text} }} {text} {{ background: url({text}) }}".encode("utf-8", "replace"),
    }
    assert shown_pictures("p.xhtml", Book(entries.get)) is not None


def document_of(data: bytes, **files: bytes) -> list[str] | None:
    entries = {"OEBPS/text/p.xhtml": data, "OEBPS/text/s.css": files.get("sheet", b"")}
    return shown_pictures("OEBPS/text/p.xhtml", Book(entries.get))


@pytest.mark.parametrize(
    "body",
    [
        '<img src="/OEBPS/i/1.png"/>',
        r'<img src="..\i\1.png"/>',
        '<video poster="../i/1.png"/>',
        '<input type="image" src="../i/1.png"/>',
        '<table background="../i/1.png"/>',
        '<div style="--page: url(../i/1.png); background: var(--page)"/>',
    ],
)
def test_rare_ways_of_showing_a_picture(body: str) -> None:
    assert shown(body) == ["OEBPS/i/1.png"]


@pytest.mark.parametrize(
    "around",
    [
        "@layer pages {%s}",
        "@media not print {%s}",
        "@media print, screen {%s}",
        "@container (width) {%s}",
    ],
)
def test_rules_within_others_hold(around: str) -> None:
    rule = "p { background: url(../i/1.png) }"
    assert shown("<p/>", f"<style>{(around % rule).replace('>', '&gt;')}</style>") == ["OEBPS/i/1.png"]
    assert shown("<p/>", f"<style>@media only print {{{rule}}}</style>") == []


@pytest.mark.parametrize("codec", ["shift_jis", "gbk", "utf-16", "iso-8859-1"])
def test_documents_in_other_encodings(codec: str) -> None:
    text = f'\n<?xml version="1.0" encoding="{codec}"?><html><body>a<img src="../i/1.png"/></body></html>'
    assert document_of(text.strip().encode(codec)) == ["OEBPS/i/1.png"]
    assert codec == "utf-16" or document_of(text.encode(codec)) == ["OEBPS/i/1.png"]


def test_a_base_address_and_a_sheet_named_before_the_document() -> None:
    for link, expected in (("../i/", "OEBPS/i"), ("../i/p.xhtml", "OEBPS/i"), ("http://a.b/", "OEBPS/text")):
        head = f'<html><head><base href="{link}"/></head><body><img src="1.png"/></body></html>'
        assert document_of(head.encode()) == [f"{expected}/1.png"]
    named = b'<?xml-stylesheet type="text/css" href="s.css"?><html><body><p/></body></html>'
    sheet = "p { background: url(../i/1.png) }"
    for data in (sheet.encode(), sheet.encode("utf-16")):
        assert document_of(named, sheet=data) == ["OEBPS/i/1.png"]


def test_names_that_differ_by_case_or_composition_are_found(tmp_path: Path) -> None:
    body = '<img src="../I/1.PNG"/><img src="../i/caf\u00e9.png"/>'
    plan = plan_of(make_zip(tmp_path / "x.epub", book(body, {"i/1.png": png(), "i/cafe\u0301.png": png(2)})))
    assert [page.name for page in only(plan).pages] == [
        "x.epub/OEBPS/i/1.png",
        "x.epub/OEBPS/i/cafe\u0301.png",
    ]
    assert plan.notes == ()


def test_pictures_that_no_document_shows_are_named(tmp_path: Path) -> None:
    pictures = {"i/1.png": png(), "i/2.png": png(2), "i/3.png": png(3)}
    plan = plan_of(make_zip(tmp_path / "x.epub", book('<img src="../i/1.png"/>', pictures)))
    assert len(only(plan).pages) == 1
    (note,) = plan.notes
    assert note.endswith("x.epub: no document shows OEBPS/i/2.png, OEBPS/i/3.png; they stay as they are")


def test_a_book_of_which_nothing_can_be_read_says_why(tmp_path: Path) -> None:
    entries = book("<p/>", {"i/1.png": png()})
    with pytest.raises(InputError, match="holds no page that its documents show"):
        plan_of(make_zip(tmp_path / "x.epub", entries))
    entries["OEBPS/text/p.xhtml"] = b"\x93\x11 nonsense"
    with pytest.raises(InputError, match="its documents cannot be read, damaged or protected as they are"):
        plan_of(make_zip(tmp_path / "y.epub", entries))


def book(body: str, pictures: dict[str, bytes]) -> dict[str, bytes]:
    """The entries of an EPUB of one document."""
    item = '<item id="a" href="text/p.xhtml"/>'
    package = f'<package><manifest>{item}</manifest><spine><itemref idref="a"/></spine></package>'
    container = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    documents = {
        "META-INF/container.xml": container.encode(),
        "OEBPS/book.opf": package.encode(),
        "OEBPS/text/p.xhtml": HTML.format(head="", body=body).encode(),
    }
    return documents | {f"OEBPS/{name}": data for name, data in pictures.items()}
