"""Names of a ZIP go out in the bytes that they came in, whatever they are written in, and in their order."""

from __future__ import annotations

import random
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import pytest

import mangacolor.pipeline.run
from mangacolor.core.errors import UsageError
from mangacolor.formats.discovery import discover
from mangacolor.tests.formats.test_name_encoding import WORDS
from mangacolor.tests.helpers.archives import (
    RawEntry,
    finish,
    make_old_tar,
    make_raw_zip,
    only,
    pack,
    page_names,
    plan_of,
    png,
    raw_entries,
)
from mangacolor.tests.helpers.commands import exit_status
from mangacolor.tests.helpers.fake_stages import House

ENCODINGS = (
    "utf-8 flagged",
    "utf-8",
    "cp932",
    "gb18030",
    "big5",
    "cp949",
    "cp1252",
    "cp866",
    "koi8_r",
    "cp437",
)
SUFFIXES = (".png", ".jpg", ".webp", ".PNG", ".txt", ".xml", "")


def unicode_path(raw: bytes, text: str) -> bytes:
    body = struct.pack("<BL", 1, zlib.crc32(raw)) + text.encode()
    return struct.pack("<HH", 0x7075, len(body)) + body


def random_entries(draw: random.Random, encoding: str) -> list[RawEntry]:
    """Some pages, folders and other files as a program of that encoding packs them, some of an odd name."""
    codec = encoding.partition(" ")[0]
    words = WORDS.get(codec) or " ".join(WORDS.values())
    entries = [RawEntry(b"000 cover.png", png(1), says_utf_8=draw.random() < 0.2)]
    for number in range(draw.randint(1, 6)):
        folder = "/".join(draw.choices(words.split(), k=draw.randint(0, 2)))
        text = (
            f"{folder}{'/' if folder else ''}{draw.choice(words.split())} {number:02d}{draw.choice(SUFFIXES)}"
        )
        raw = text.encode(codec)
        extra = unicode_path(raw, text) if draw.random() < 0.1 and encoding != "utf-8 flagged" else b""
        entries.append(RawEntry(raw, png(number + 2), encoding == "utf-8 flagged", extra))
        if folder and draw.random() < 0.3:
            entries.append(RawEntry(f"{folder}/{number}/".encode(codec), b"", encoding == "utf-8 flagged"))
    if draw.random() < 0.2:
        odd = bytes(draw.choices(range(0x80, 0x100), k=5)) + b".png"
        entries.append(RawEntry(odd, png(99), draw.random() < 0.5))
    draw.shuffle(entries)
    return entries


def check_round_trip(seed: int, folder: Path) -> None:
    draw = random.Random(seed)
    path = make_raw_zip(folder / "x.cbz", random_entries(draw, ENCODINGS[seed % len(ENCODINGS)]))
    before = raw_entries(path)
    chapter = only(plan_of(path))
    assert chapter.container is not None
    pages = {page.name: page.source.read() for page in chapter.pages}
    assert len({name.casefold() for name in pages}) == len(pages)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert chapter.container.pack({}, folder / "packed") == ()
    assert raw_entries(folder / "packed") == before
    files = finish(chapter, folder / "done")
    assert chapter.container.pack(files, folder / "packed") == ()
    after = raw_entries(folder / "packed")
    assert [(e.name, e.says_utf_8, e.extra) for e in after] == [
        (e.name, e.says_utf_8, e.extra) for e in before
    ]
    changed = sum(one.data != other.data for one, other in zip(before, after, strict=True))
    assert changed == len(pages)


@pytest.mark.parametrize("seed", range(40))
def test_names_of_an_archive_come_back_as_they_were(seed: int, tmp_path: Path) -> None:
    check_round_trip(seed, tmp_path)


@pytest.mark.slow
def test_names_of_500_archives_come_back_as_they_were(tmp_path: Path) -> None:
    for seed in range(40, 540):
        folder = tmp_path / str(seed)
        folder.mkdir()
        check_round_trip(seed, folder)


@pytest.mark.parametrize("codec", ["cp932", "gb18030", "big5", "cp949", "cp866"])
def test_a_page_with_another_suffix_keeps_the_encoding_of_its_archive(codec: str, tmp_path: Path) -> None:
    words = WORDS[codec].split()
    entries = [RawEntry(f"{word}/{word}.gif".encode(codec), b"GIF89a") for word in words]
    text = words[0] + ".gif"
    entries.append(RawEntry(b"??.gif", b"GIF89a", extra=unicode_path(b"??.gif", text)))
    chapter = only(plan_of(make_raw_zip(tmp_path / "x.cbz", entries)))
    assert f"x.cbz/{text}" in {page.name for page in chapter.pages}
    assert chapter.container is not None
    chapter.container.pack(finish(chapter, tmp_path / "done", ".png"), tmp_path / "packed")
    after = raw_entries(tmp_path / "packed")
    assert [entry.name for entry in after[:-1]] == [f"{w}/{w}.png".encode(codec) for w in words]
    assert after[-1].name == b"??.png" and after[-1].extra == unicode_path(b"??.png", words[0] + ".png")
    assert not any(entry.says_utf_8 for entry in after)


def test_names_that_say_they_are_utf_8_and_are_not_come_back_too(tmp_path: Path) -> None:
    raw = "第01話/ページ".encode("cp932")
    entries = [RawEntry(raw + b"%d.png" % n, png(n), says_utf_8=True) for n in (1, 2)]
    path = make_raw_zip(tmp_path / "x.cbz", [*entries, RawEntry("é.png".encode(), png(3), says_utf_8=True)])
    plan = plan_of(path)
    assert page_names(plan) == ["x.cbz/é.png", "x.cbz/第01話/ページ1.png", "x.cbz/第01話/ページ2.png"]
    assert [page.source.read() for page in only(plan).pages] == [png(3), png(1), png(2)]
    container = only(plan).container
    assert container is not None
    container.pack({}, tmp_path / "packed")
    assert raw_entries(tmp_path / "packed") == raw_entries(path)


def test_the_run_says_how_names_were_read(tmp_path: Path) -> None:
    raw = [
        "第01話/ページ1.png".encode("cp932"),
        "第01話/十.png".encode("cp932"),
    ]  # a letter ends in a backslash
    path = make_raw_zip(tmp_path / "x.cbz", [RawEntry(name, png()) for name in raw])
    plan = plan_of(path)
    assert sorted(page_names(plan)) == ["x.cbz/第01話/ページ1.png", "x.cbz/第01話/十.png"]
    (note,) = plan.notes
    assert note == (
        f"{path}: names read as Shift-JIS (cp932), the best guess; --names-encoding CODEC says otherwise"
    )
    asked = discover([path], tmp_path / "out", encoding="cp932")
    assert page_names(asked) == page_names(plan) and asked.notes == ()
    other = discover([path], tmp_path / "out", encoding="cp437")
    assert all(name.startswith("x.cbz/æµ01ÿb") or "01" in name for name in page_names(other))


@pytest.mark.parametrize("codec", ["cp932", "ascii", "utf-8", "big5"])
def test_bytes_that_the_given_encoding_does_not_know_neither_fail_nor_collide(
    codec: str, tmp_path: Path
) -> None:
    raw = [b"\xff\xfe1.png", b"\xff\xfd1.png", b"a\x80.png", b"a\x81.png", b"a/\xa0b.png"]
    path = make_raw_zip(tmp_path / "x.cbz", [RawEntry(name, png(n)) for n, name in enumerate(raw)])
    chapter = only(discover([path], tmp_path / "out", encoding=codec))
    assert len({page.name for page in chapter.pages}) == len(raw)
    for page in chapter.pages:
        page.name.encode()  # what is shown and written is text
        page.source.read()
    assert chapter.container is not None
    chapter.container.pack({}, tmp_path / "packed")
    assert [entry.name for entry in raw_entries(tmp_path / "packed")] == raw


@pytest.mark.parametrize("name", ["klingon", "hex", "rot13", "utf-16", "cp037", "a b", ""])
def test_what_is_no_encoding_of_names_is_a_usage_error(name: str, tmp_path: Path) -> None:
    path = make_raw_zip(tmp_path / "x.cbz", [RawEntry(b"1.png", png())])
    with pytest.raises(UsageError, match="--names-encoding"):
        discover([path], tmp_path / "out", encoding=name)


def test_names_of_a_tar_are_guessed_too(tmp_path: Path) -> None:
    names = [f"第01話/ページ{n}.png" for n in (1, 2)]
    raw = {name.encode("cp932").decode("utf-8", "surrogateescape"): png() for name in names}
    path = tmp_path / "x.cbt"
    make_old_tar(path, raw)
    plan = plan_of(path)
    assert page_names(plan) == [f"x.cbz/{name}" for name in names]
    assert "Shift-JIS" in plan.notes[0]
    container = only(plan).container
    assert container is not None
    container.pack({}, tmp_path / "packed")
    assert [(e.name, e.says_utf_8) for e in raw_entries(tmp_path / "packed")] == [
        (n.encode(), True) for n in names
    ]


def test_names_twice_and_names_that_differ_by_case(tmp_path: Path) -> None:
    path = tmp_path / "x.cbz"
    with zipfile.ZipFile(path, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, value in (("1.png", 1), ("A.png", 2), ("a.png", 3), ("1.png", 4)):
            archive.writestr(name, png(value))
    plan = plan_of(path)
    assert page_names(plan) == ["x.cbz/1.png", "x.cbz/1 (2).png", "x.cbz/A.png", "x.cbz/a~2.png"]
    assert [page.source.read() for page in only(plan).pages] == [png(1), png(4), png(2), png(3)]
    assert plan.notes == (f"{path}: entries whose name stands there twice are kept as 1 (2).png",)
    with zipfile.ZipFile(pack(only(plan), tmp_path)) as archive:
        assert archive.namelist() == ["1.png", "A.png", "a.png", "1 (2).png"]


def test_every_entry_of_a_name_is_kept_under_one_that_is_free(tmp_path: Path) -> None:
    raw = "頁.png".encode("cp932")
    names = [raw, raw, "頁 (2).png".encode("cp932"), raw, b"a/readme", b"a/readme", b"a/", b".nfo", b".nfo"]
    entries = [RawEntry(name, b"" if name.endswith(b"/") else png(n)) for n, name in enumerate(names)]
    plan = plan_of(make_raw_zip(tmp_path / "x.cbz", entries))
    container = only(plan).container
    assert container is not None and container.pack({}, tmp_path / "packed") == ()
    made = [
        raw,
        "頁 (3).png",
        "頁 (2).png",
        "頁 (4).png",
        b"a/readme",
        b"a/readme (2)",
        b"a/",
        b".nfo",
        b".nfo (2)",
    ]
    expected = [name.encode("cp932") if isinstance(name, str) else name for name in made]
    packed = raw_entries(tmp_path / "packed")
    assert [(e.name, e.data) for e in packed] == [(n, e.data) for n, e in zip(expected, entries, strict=True)]
    assert "kept as 頁 (3).png, 頁 (4).png, a/readme (2), .nfo (2)" in plan.notes[-1]


@pytest.mark.parametrize("codec", ["utf-8", "cp932", "gb18030", "big5", "cp949", "cp1252", "koi8_r", "cp437"])
def test_names_come_back_from_the_whole_command(
    codec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = WORDS.get(codec, WORDS["cp1252"]).split()[:3]
    bad = f"{words[0]}/broken.png".encode(codec)
    entries = [RawEntry(f"{word}/{word}.png".encode(codec), png(n, (40, 60))) for n, word in enumerate(words)]
    entries += [RawEntry(bad, b"no picture"), RawEntry(f"{words[1]}.txt".encode(codec), b"text")]
    path = make_raw_zip(tmp_path / "x.cbz", entries)
    monkeypatch.setattr(mangacolor.pipeline.run, "graph_of", House().graph_of)
    assert exit_status(str(path), "--out", str(tmp_path / "out"), "--device", "cpu", "--quiet") == 1
    packed = raw_entries(tmp_path / "out" / "x.cbz")
    assert [(e.name, e.says_utf_8) for e in packed] == [(e.name, e.says_utf_8) for e in entries]
    same = [one.name for one, other in zip(packed, entries, strict=True) if one.data == other.data]
    assert same == [bad, entries[-1].name]
