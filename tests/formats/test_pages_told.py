"""What looks like a page, by its name or by how it begins, is one everywhere: done, or failed and named."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import TiffImagePlugin

from mangacolor.core.errors import InputError, PageError
from mangacolor.formats.discovery import Plan, discover
from mangacolor.formats.pixels import decode_picture
from mangacolor.formats.sniff import image_kind
from mangacolor.pipeline.events import PageFailed, Warned
from mangacolor.tests.helpers.archives import (
    make_7z,
    make_rar5,
    make_tar,
    make_zip,
    page_names,
    plan_of,
    png,
)
from mangacolor.tests.helpers.fake_stages import House, go, write_page

JXL = b"\xff\x0a" + bytes(300)
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(300)
PSD = b"8BPS\0\1" + bytes(300)
LOOKS = {  # name: content; whether something of these is read has nothing to do with it
    "001": png(1),
    "002.dat": png(2),
    "003.jxl": JXL,
    "004.jxl": b"text",
    "005.heic": HEIC,
    "006.psd": PSD,
    "007": PSD,
    "008.jpg": b"<html>not found</html>",
    "009.png": b"",
    "010.png": png(3)[4:],
    "011.tga": bytes(40),
    "011.bpg": b"BPG\xfb",
    "012.gif": png(4),
    "013.nef": b"II*\0\x08\0\0\0",
}
OTHERS = {"a.txt": b"P1 of the notes", "b": b"BM is no bitmap", "c.svg": b"<svg/>", "empty": b""}
EVERYTHING = {**LOOKS, **OTHERS}


@pytest.mark.parametrize("kind", ["folder", "cbz", "cbt", "cbr", "cb7"])
def test_pages_are_the_same_in_folders_and_archives(kind: str, tmp_path: Path) -> None:
    plan = plan_in(kind, tmp_path)
    names = {name.removeprefix("x.cbz/") for name in page_names(plan)}
    assert names == set(LOOKS)


def plan_in(kind: str, tmp_path: Path) -> Plan:
    if kind == "folder":
        (tmp_path / "x").mkdir()
        for name, data in EVERYTHING.items():
            (tmp_path / "x" / name).write_bytes(data)
        return plan_of(tmp_path / "x")
    if kind in ("cbr", "cb7"):
        pytest.importorskip("libarchive")
    make = {"cbz": make_zip, "cbr": make_rar5, "cb7": make_7z}.get(kind)
    if make is None:
        return plan_of(make_tar(tmp_path / f"x.{kind}", EVERYTHING))
    return plan_of(make(tmp_path / f"x.{kind}", EVERYTHING))


@pytest.mark.parametrize(
    "name", [n for n in LOOKS if n not in ("001", "002.dat", "003.jxl", "005.heic", "012.gif")]
)
def test_what_cannot_be_read_is_named_with_a_remedy(name: str) -> None:
    with pytest.raises(PageError, match=name) as caught:
        decode_picture(LOOKS[name], name, 10**6)
    assert caught.value.remedy


def test_the_picture_of_a_camera_raw_file_is_not_its_thumbnail() -> None:
    target, tags = io.BytesIO(), TiffImagePlugin.ImageFileDirectory_v2()
    tags[254] = 1
    PillowImage.fromarray(np.zeros((9, 9), np.uint8)).save(target, "TIFF", tiffinfo=tags)
    with pytest.raises(PageError, match="first picture is a thumbnail"):
        decode_picture(target.getvalue(), "x.nef", 10**6)
    canon = b"II*\0" + struct.pack("<I", 16) + b"CR\2\0"
    assert image_kind(canon) == image_kind(b"\0\0\0\x18ftypcrx \0\0\0\0") == "raw"
    with pytest.raises(PageError, match="x: a camera raw picture"):
        decode_picture(canon, "x", 10**6)


def test_a_picture_without_a_suffix_keeps_its_name_and_a_changed_format_gives_it_one(tmp_path: Path) -> None:
    chapter = plan_of(make_zip(tmp_path / "x.cbz", {"001": png(1), "b.txt": b""})).chapters[0]
    (tmp_path / "001").write_bytes(b"in colour")
    (tmp_path / "001.png").write_bytes(b"in colour")
    assert chapter.container is not None
    for file, name in (("001", "001"), ("001.png", "001.png")):
        chapter.container.pack({"x.cbz/001": tmp_path / file}, tmp_path / "packed")
        assert name in (tmp_path / "packed").read_bytes().decode("latin-1")


def test_pages_that_get_other_names_in_a_folder_are_told(tmp_path: Path) -> None:
    plan = plan_of(
        make_zip(tmp_path / "x.cbz", {"1.PNG": png(1), "1.png": png(2), "a:b.png": png(3)}), "folder"
    )
    assert page_names(plan) == ["x/1.PNG", "x/1~2.png", "x/a_b.png"]
    (note,) = plan.notes
    assert note.endswith("these names: 1.png (written as 1~2.png), a:b.png (written as a_b.png)")


def test_a_chapter_with_such_pages_ends_with_status_1_and_loses_none(tmp_path: Path) -> None:
    source = tmp_path / "x.cbz"
    write_page(tmp_path / "1.png", 1)
    make_zip(source, {"1.png": (tmp_path / "1.png").read_bytes(), "2.jxl": JXL, "3": PSD, "4.txt": b"a"})
    result, events = go(House(), source, tmp_path / "out")
    assert (result.status, result.done, result.failed) == (1, 1, 2)
    failed = {event.page for event in events if isinstance(event, PageFailed)}
    assert failed == {"x.cbz/2.jxl", "x.cbz/3"}
    told = [event.message for event in events if isinstance(event, Warned)]
    assert told == ["holds failed pages as they came: 2.jxl, 3"]


@pytest.mark.parametrize("name", ["x.djvu", "x.mobi", "x.AZW3", "x.ace", "x.prc"])
def test_books_that_nobody_reads_are_named(name: str, tmp_path: Path) -> None:
    book = tmp_path / "in" / name
    book.parent.mkdir()
    book.write_bytes(b"anything")
    with pytest.raises(InputError, match="a book in a format that mangacolor does not read"):
        discover([book], tmp_path / "out")
    (book.parent / "1.png").write_bytes(png())
    plan = discover([book.parent], tmp_path / "out")
    assert sorted(page_names(plan)) == ["1.png", name]
