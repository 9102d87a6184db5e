"""Made-up books: pages shown in every way that EPUB knows, among fonts, scripts and pictures nobody sees."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from mangacolor.tests.helpers.archives import png

XHTML = "http://www.w3.org/1999/xhtml"
SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"


@dataclass
class Book:
    """``entries`` by name; ``shown``: the names of the pictures that readers see, in their order."""

    entries: dict[str, bytes] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)


@dataclass
class _Page:
    """A document in the making: what its body holds, and the rules of its style sheet."""

    draw: random.Random
    number: int
    body: str = ""
    rules: str = ""
    head: str = ""

    def label(self) -> str:
        return f"c{self.number}x{self.draw.randrange(10**6)}"


def img(page: _Page, link: str) -> None:
    attributes = page.draw.choice(
        [f'src="{link}"', f'srcset="{link} 2x, none.png 1x"', f'src="{link}" srcset=""']
    )
    page.body += f'<p><img alt="" {attributes}/></p>'


def svg_image(page: _Page, link: str) -> None:
    href = page.draw.choice([f'xlink:href="{link}" xmlns:xlink="{XLINK}"', f'href="{link}"'])
    if page.draw.random() < 0.5:
        page.body += f'<svg xmlns="{SVG}"><g><image width="9" height="9" {href}/></g></svg>'
    else:
        page.body += f'<s:svg xmlns:s="{SVG}"><s:image {href}/></s:svg>'


def style_attribute(page: _Page, link: str) -> None:
    value = page.draw.choice(
        [f"background-image:url('{link}')", f"color:red;background:#fff url({link}) no-repeat"]
    )
    page.body += f'<div style="{value}"></div>'


def style_sheet(page: _Page, link: str) -> None:
    label = page.label()
    selector = page.draw.choice([f".{label}", f"#{label}", f"body > div#{label}.{label}", f"div[id={label}]"])
    where = page.draw.choice(["", "::before"])
    shows = f"content: url('{link}')" if where else f'background: url("{link}") center / cover !important'
    page.rules += f"{selector}{where} {{ margin: 0; {shows} }}\n"
    page.body += f'<div id="{label}" class="page {label}"></div>'


def embedded(page: _Page, link: str) -> None:
    fallback = page.draw.choice(["", "<p>no picture</p>", '<img src="small.png" alt=""/>'])
    page.body += f'<object type="image/png" data="{link}">{fallback}</object>'


def picture(page: _Page, link: str) -> None:
    if page.draw.random() < 0.5:
        page.body += f'<picture><source srcset="none.avif 1x"/><img src="{link}" alt=""/></picture>'
    else:
        page.body += f'<picture><source srcset="none.png 400w, {link} 800w"/></picture>'


WAYS: list[Callable[[_Page, str], None]] = [img, svg_image, style_attribute, style_sheet, embedded, picture]


def make_epub(seed: int) -> Book:
    """A book of 2 to 6 documents with 1 to 3 pictures each, and much that is no page."""
    draw = random.Random(seed)
    root = draw.choice(["OEBPS/", "", "Ops/inner/"])
    book, items, spine = Book(), [], []
    pictures = iter(draw.sample(range(1, 100), 40))
    order = draw.sample(range(90), draw.randint(2, 6))
    for number in order:
        page = _Page(draw, number)
        for way in draw.choices(WAYS, k=draw.randint(1, 3)):
            name = f"{draw.choice(['i', 'images/p 1', 'ページ'])}/{next(pictures):02d}.png"
            book.entries[root + name] = png(draw.randint(1, 200))
            book.shown.append(root + name)
            way(page, f"../{quote(name) if ' ' in name or draw.random() < 0.5 else name}")
        _decorate(page)
        _finish(page, book, root)
        items.append(f'<item id="d{number}" href="text/{number}.xhtml" media-type="application/xhtml+xml"/>')
        spine.append(f'<itemref idref="d{number}"{draw.choice(["", """ linear="no" """])}/>')
    items += [
        '<item id="unseen" href="i/unseen.png" properties="cover-image"/>',
        '<item id="f" href="f.otf"/>',
    ]
    draw.shuffle(items)
    book.entries |= {root + "i/unseen.png": png(9), root + "f.otf": b"OTTO font", root + "s.js": b"a < b"}
    package = f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{"".join(items)}</manifest>'
    package += f'<spine page-progression-direction="rtl">{"".join(spine)}</spine></package>'
    container = f'<container><rootfiles><rootfile full-path="{root}book.opf"/></rootfiles></container>'
    rest = list(book.entries.items())
    draw.shuffle(rest)
    first = {"mimetype": b"application/epub+zip", "META-INF/container.xml": container.encode()}
    book.entries = {**first, root + "book.opf": package.encode(), **dict(rest)}
    return book


def _decorate(page: _Page) -> None:
    """What a document names and does not show."""
    label = page.label()
    page.rules += "@font-face { font-family: a; src: url('../f.otf') }\n"
    page.rules += f".nobody-{label} {{ background: url(../i/0.png) }}\n"
    page.rules += f".{label} {{ list-style-image: url(../i/unseen.png) }}\n"
    page.rules += f"@media print {{ .{label} {{ background: url(../i/unseen.png) }} }}\n"
    page.rules += f".h{label} {{ display: none }}\n"
    page.body += f'<ul class="{label}"><li>text &amp; more&nbsp;text</li></ul>'
    page.body += f'<div class="h{label}"><img src="../i/unseen.png" alt=""/></div>'
    page.body += '<img src="data:image/png;base64,AAAA" alt=""/><img src="https://example.org/1.png" alt=""/>'
    page.body += "<!-- <img src='../i/unseen.png'/> -->"


def _finish(page: _Page, book: Book, root: str) -> None:
    sheet = f"{root}text/{page.number}.css"
    how = page.draw.choice(["style", "link", "import"])
    if how == "style":
        head = f"<style>{page.rules.replace('>', '&gt;')}</style>"
    elif how == "link":
        head = f'<link rel="stylesheet" type="text/css" href="{page.number}.css"/>'
        book.entries[sheet] = page.rules.encode()
    else:
        head = f"<style>@import url({page.number}.css);</style>"
        book.entries[sheet] = page.rules.encode()
    start = page.draw.choice(["", '<?xml version="1.0" encoding="utf-8"?>\n', "<!DOCTYPE html>\n"])
    text = f'{start}<html xmlns="{XHTML}"><head><title>a</title>{head}</head><body>{page.body}</body></html>'
    book.entries[f"{root}text/{page.number}.xhtml"] = text.encode()
