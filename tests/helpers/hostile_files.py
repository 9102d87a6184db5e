"""Real and hostile files of every kind, made by a script, with what is to become of each."""

from __future__ import annotations

import io
import os
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from mangacolor.formats.pdf.writing import write_pdf
from mangacolor.tests.helpers.archives import INFO, make_7z, make_rar5, make_tar, make_zip
from mangacolor.tests.helpers.stages import comic_page

Fill = Callable[[zipfile.ZipFile], None]


@dataclass
class Corpus:
    """``good``: pages that must be done; ``bad``: pages that must fail; ``noted``: what a warning names."""

    root: Path
    good: set[str] = field(default_factory=set)
    bad: set[str] = field(default_factory=set)
    noted: set[str] = field(default_factory=set)

    def put(self, name: str, data: bytes, good: bool | None = True) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        if good is not None:
            (self.good if good else self.bad).add(name)

    def expect(self, archive: str, good: str = "", bad: str = "") -> None:
        """Pages of an archive, by their names in it; ``lost_pages`` for what a cut one has lost."""
        self.good |= {f"{archive}/{page}" for page in good.split()}
        self.bad |= {f"{archive}/{page.replace('lost_pages', 'lost pages')}" for page in bad.split()}


def page(mode: str = "L") -> PillowImage.Image:
    return PillowImage.fromarray(comic_page(310, 220)).convert(mode)


def saved(image: PillowImage.Image, format: str, **parameters: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, format, **parameters)
    return target.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width: int, height: int, body: bytes, bits: int = 1) -> bytes:
    """A PNG that claims a size."""
    head = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def build(root: Path, rar: bool = True) -> Corpus:
    """Make the corpus under ``root``. ``rar``: with the archives that need libarchive."""
    corpus = Corpus(root)
    _pictures(corpus)
    _names(corpus)
    _broken(corpus)
    _odd_files(corpus)
    _zips(corpus, rar)
    _lies(corpus, rar)
    _books(corpus)
    return corpus


def _pictures(corpus: Corpus) -> None:
    rotated = PillowImage.Exif()
    rotated[0x0112] = 6
    deep = PillowImage.fromarray(np.asarray(page()).astype(np.uint16) * 257)
    made = {
        "1-bit.png": saved(page("1"), "PNG"),
        "palette.png": saved(page("P"), "PNG", transparency=3),
        "16-bit.png": saved(deep, "PNG"),
        "grey-alpha.png": saved(page("LA"), "PNG"),
        "alpha.png": saved(page("RGBA"), "PNG"),
        "cmyk.jpg": saved(page("CMYK"), "JPEG"),
        "progressive.jpg": saved(page("RGB"), "JPEG", progressive=True),
        "turned.jpg": saved(page(), "JPEG", exif=rotated.tobytes()),
        "fax.tif": saved(page("1"), "TIFF", compression="group4"),
        "two-pages.tif": saved(page(), "TIFF", save_all=True, append_images=[page()]),
        "lossy.webp": saved(page("RGB"), "WEBP", quality=80),
        "lossless.webp": saved(page("RGB"), "WEBP", lossless=True),
        "page.gif": saved(page("P"), "GIF"),
        "page.bmp": saved(page(), "BMP"),
        "page.avif": saved(page("RGB"), "AVIF"),
        "page.jp2": saved(page("RGB"), "JPEG2000"),
        "page.ppm": saved(page("RGB"), "PPM"),
        "page.pgm": saved(page(), "PPM"),
        "one.png": saved(PillowImage.new("L", (1, 1), 99), "PNG"),
        "thread.png": saved(PillowImage.linear_gradient("L").resize((1, 3000)), "PNG"),
        "ribbon.jpg": saved(PillowImage.linear_gradient("L").resize((3000, 2)), "JPEG"),
        "jpeg-called.png": saved(page(), "JPEG"),
        "png-called.jpg": saved(page(), "PNG"),
        "SHOUTING.JPG": saved(page(), "JPEG"),
        "no-suffix": saved(page(), "PNG"),
        "trailing.jpg": saved(page(), "JPEG") + b"\0" * 500,
    }
    for name, data in made.items():
        corpus.put(f"pictures/{name}", data)


def _names(corpus: Corpus) -> None:
    data = saved(page(), "PNG")
    emoji = "p\U0001f469‍\U0001f3a8-\U0001f1ef\U0001f1f5.png"
    for name in (
        unicodedata.normalize("NFC", "nfc-é.png"),
        unicodedata.normalize("NFD", "nfd-à.png"),
        emoji,
        "長" * 83 + "12.png",  # 255 bytes
        "CON.png",
        "aux.tar.jpg",
        "-rf.png",
        "a:b.png",
        "100%s{0}.png",
        "spaces  and .png",
        "new\nline.png",
        "deep/er/and/deeper/page.png",
        "\u202etxt.png",
    ):
        corpus.put(f"names/{name}", data)
    raw = os.fsencode(corpus.root / "names") + b"/latin-\xe9.png"
    Path(os.fsdecode(raw)).write_bytes(data)
    corpus.good.add("names/latin-�.png")


def _broken(corpus: Corpus) -> None:
    noise = PillowImage.fromarray(np.random.default_rng(3).integers(0, 256, (90, 70, 3), np.uint8))
    for format, suffix in (
        ("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp"), ("GIF", "gif"), ("BMP", "bmp"), ("TIFF", "tif"),
        ("AVIF", "avif"), ("JPEG2000", "jp2"), ("PPM", "ppm"),
    ):  # fmt: skip
        data = saved(noise, format)
        corpus.put(f"broken/half.{suffix}", data[: len(data) // 2], good=False)
        corpus.put(f"broken/short.{suffix}", data[:-7], good=False)
    flipped = bytearray(saved(noise, "PNG"))
    flipped[len(flipped) // 2] ^= 8
    corpus.put("broken/flipped.png", bytes(flipped), good=False)
    jpeg = saved(page(), "JPEG")
    scan = jpeg.index(b"\xff\xda")
    texts = b"\0" * 2_000_000
    for name, data in {
        "empty.png": b"",
        "text.png": b"this is no picture",
        "page.html.jpg": b"<html><body>not found</body></html>",
        "zeros.jpg": bytes(5000),
        "bomb.png": png_of(60_000, 60_000, zlib.compress(bytes(7500), 9)),
        "no-size.png": png_of(0, 0, b""),
        "wide.gif": b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\x80\0\0" + bytes(6) + b",",
        "scans.jpg": jpeg[:scan] + jpeg[scan : scan + 12] * 3000 + b"\xff\xd9",
        "damaged.jpg": jpeg[: scan + 40] + b"\xff\xd9" + jpeg[scan + 60 :],
        "text-bomb.png": png_of(9, 9, b"") + chunk(b"zTXt", b"a\0\0" + zlib.compress(texts, 9)),
        "loop.tif": b"II*\0\x08\0\0\0" + struct.pack("<H", 0) + struct.pack("<I", 8),
        "float.tif": saved(PillowImage.new("F", (9, 9), 0.5), "TIFF"),
    }.items():
        corpus.put(f"broken/{name}", data, good=False)


def _odd_files(corpus: Corpus) -> None:
    folder = corpus.root / "odd"
    folder.mkdir()
    corpus.put("odd/page.png", saved(page(), "PNG"))
    corpus.put("odd/notes.txt", b"carried along", None)
    corpus.put("odd/ComicInfo.xml", INFO, None)
    corpus.put("odd/vector.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", None)
    (folder / "folder.png").mkdir()
    corpus.put("odd/folder.png/inside.png", saved(page(), "PNG"))
    os.mkfifo(folder / "pipe.png")
    (folder / "dead.png").symlink_to("nowhere.png")
    (folder / "linked.png").symlink_to("page.png")
    (folder / "up").symlink_to("..")
    corpus.good.add("odd/linked.png")
    corpus.noted |= {"pipe.png", "dead.png", "odd/up"}


def _zips(corpus: Corpus, rar: bool) -> None:
    def put(name: str, fill: Fill, good: str = "", bad: str = "") -> None:
        with zipfile.ZipFile(corpus.root / "zips" / name, "w", zipfile.ZIP_DEFLATED) as archive:
            fill(archive)
        corpus.expect(f"zips/{name}", good, bad)

    (corpus.root / "zips").mkdir()
    data = saved(page(), "JPEG")

    def plain(*names: str, **others: bytes) -> Fill:
        def fill(archive: zipfile.ZipFile) -> None:
            for name in names:
                archive.writestr(name, data)
            for name, content in others.items():
                archive.writestr(name.replace("_", "."), content)

        return fill

    put("good.cbz", plain("10.jpg", "2.jpg", "sub/1.jpg", ComicInfo_xml=INFO), "2.jpg 10.jpg sub/1.jpg")
    slips = ("../../slip.jpg", "/etc/slip.jpg", "C:\\slip.jpg", "a/../../b.jpg")
    refused = "__/__/slip.jpg etc/slip.jpg C_/slip.jpg a/__/__/b.jpg"
    put("slip.cbz", plain("1.jpg", *slips), "1.jpg", refused)
    put("devices.cbz", plain("1.jpg", "CON.jpg", "sub/nul.jpg"), "1.jpg", "_CON.jpg sub/_nul.jpg")

    def link(archive: zipfile.ZipFile) -> None:
        plain("1.jpg")(archive)
        info = zipfile.ZipInfo("link.jpg")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")

    put("link.cbz", link, "1.jpg", "link.jpg")
    put("bomb.cbz", plain("1.jpg", bomb_png=bytes(40_000_000)), "1.jpg", "bomb.png")
    put("nested.cbz", plain("1.jpg", inner_zip=b"PK\3\4"), "1.jpg")
    corpus.noted.add("inner.zip")
    put("cases.cbz", plain("A.jpg", "a.jpg"), "A.jpg a~2.jpg")
    put("half-broken.cbz", plain("1.jpg", **{"2.jpg": data[:900]}), "1.jpg", "2.jpg")
    for name, inner in (("only-zips.cbz", "a.cbz"), ("no-page.cbz", "a.txt")):
        make_zip(corpus.root / "zips" / name, {inner: b"PK\3\4 or not"})
        corpus.bad.add(f"zips/{name}")
    locked = bytearray(make_zip(corpus.root / "zips" / "locked.cbz", {"1.jpg": data}).read_bytes())
    locked[6] |= 1
    locked[locked.index(b"PK\1\2") + 8] |= 1
    whole = make_zip(corpus.root / "x.zip", {"1.jpg": data, "2.jpg": data})
    for name, content in {
        "locked.cbz": bytes(locked),
        "empty.cbz": b"",
        "hollow.cbz": b"PK\5\6" + bytes(18),
        "text.cbz": b"no archive at all",
    }.items():
        corpus.put(f"zips/{name}", content, good=False)
    corpus.put("zips/front.cbz", b"some bytes in front" + whole.read_bytes(), None)
    corpus.expect("zips/front.cbz", "1.jpg 2.jpg")
    corpus.put("zips/cut.cbz", whole.read_bytes()[:-60], good=None if rar else False)
    if rar:
        corpus.expect("zips/cut.cbz", "1.jpg 2.jpg", "lost_pages")
    whole.unlink()


def _lies(corpus: Corpus, rar: bool) -> None:
    folder = corpus.root / "lies"
    folder.mkdir()
    entries = {"1.jpg": saved(page(), "JPEG"), "2.png": saved(page(), "PNG")}
    make_zip(folder / "zip.cbr", entries)
    make_tar(folder / "tar.cbz", entries)
    make_tar(folder / "tgz.cbt", entries, "w:gz")
    make_zip(folder / "zip2.pdf", entries)
    archives = ["zip.cbz", "zip2.cbz", "tar.cbz", "tgz.cbz"]
    if rar:
        make_rar5(folder / "rar.cbz", entries)
        make_7z(folder / "seven.cbr", entries)
        archives += ["rar.cbz", "seven.cbz"]
        whole = make_rar5(folder / "cut.cbr", entries).read_bytes()
        (folder / "cut.cbr").write_bytes(whole[: len(whole) // 3])
        corpus.expect("lies/cut.cbz", bad="1.jpg lost_pages")
    for name in archives:
        corpus.expect(f"lies/{name}", "1.jpg 2.png")
    with tarfile.open(folder / "odd.cbt", "w") as tar:
        for name, kind in (
            ("link.jpg", tarfile.SYMTYPE),
            ("hard.jpg", tarfile.LNKTYPE),
            ("dev.jpg", tarfile.CHRTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
        info = tarfile.TarInfo("1.jpg")
        info.size = len(entries["1.jpg"])
        tar.addfile(info, io.BytesIO(entries["1.jpg"]))
    corpus.expect("lies/odd.cbz", "1.jpg", "link.jpg hard.jpg dev.jpg")


def _books(corpus: Corpus) -> None:
    folder = corpus.root / "books"
    folder.mkdir()
    pdf = io.BytesIO()
    write_pdf(pdf, [saved(page(), "JPEG"), saved(page(), "PNG")])
    corpus.put("books/good.pdf", pdf.getvalue(), None)
    corpus.expect("books/good.cbz", "001.jpg 002.png")
    corpus.put("books/cut.pdf", pdf.getvalue()[:200], good=False)
    huge = pdf.getvalue().replace(b"/MediaBox [0 0 220 310]", b"/MediaBox [0 0 9e9 9e9]")
    corpus.put("books/huge.pdf", huge, None)
    corpus.expect("books/huge.cbz", "001.png 002.png")
    epub = {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": b"<container><rootfiles>"
        b'<rootfile full-path="b.opf"/></rootfiles></container>',
        "b.opf": b'<package><manifest><item id="a" href="a.xhtml"/>'
        b'<item id="b" href="../../b.xhtml"/></manifest>'
        b'<spine page-progression-direction="rtl"><itemref idref="a"/><itemref idref="b"/></spine></package>',
        "a.xhtml": b'<html><img src="2.png"/><img src="../../../etc/passwd"/><img src="1.png"/></html>',
        "1.png": saved(page(), "PNG"),
        "2.png": saved(page(), "PNG"),
    }
    make_zip(folder / "good.epub", epub)
    corpus.expect("books/good.epub", "1.png 2.png")
