"""Archives in, archives out: the same entries in the same order, nothing lost and nothing let in."""

from __future__ import annotations

import io
import os
import pickle
import stat
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mangacolor.core.errors import InputError, PageError
from mangacolor.core.installed import install_command
from mangacolor.formats.discovery import discover
from mangacolor.formats.limits import Limits
from mangacolor.tests.helpers.archives import (
    INFO,
    PAGES,
    finish,
    make_7z,
    make_rar5,
    make_tar,
    make_zip,
    only,
    pack,
    page_names,
    plan_of,
    png,
)


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "rar", "7z"])
def test_every_archive_kind_is_told_by_content_and_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "lies.cbz"
    if kind in ("rar", "7z"):
        pytest.importorskip("libarchive")
    make = {"zip": make_zip, "tar": make_tar, "rar": make_rar5, "7z": make_7z}.get(kind)
    if make is None:
        make_tar(path, PAGES, "w:gz")
    else:
        make(path, PAGES)
    plan = plan_of(path)
    assert page_names(plan) == ["lies.cbz/2.png", "lies.cbz/10.png", "lies.cbz/sub/1.png"]
    contents = [page.source.read() for page in only(plan).pages]
    assert contents == [PAGES["2.png"], PAGES["10.png"], PAGES["sub/1.png"]]
    assert only(plan).direction == "rtl"
    assert pickle.loads(pickle.dumps(plan)) == plan


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("x.cbz", "x.cbz"),
        ("x.zip", "x.zip"),
        ("x.cbr", "x.cbz"),
        ("x v1.5", "x v1.5.cbz"),
        ("Ö.CBZ", "Ö.CBZ"),
    ],
)
def test_names_of_packed_chapters(name: str, output: str, tmp_path: Path) -> None:
    chapter = only(plan_of(make_zip(tmp_path / name, PAGES)))
    assert chapter.container is not None and chapter.container.name == output
    assert all(page.name.startswith(output + "/") for page in chapter.pages)


def test_a_packed_chapter_has_the_same_entries_order_times_and_comment(tmp_path: Path) -> None:
    source = make_zip(tmp_path / "x.cbz", {"folder/": b"", **PAGES}, comment=b'{"appID": "reader"}')
    os.utime(source, (1_400_000_000, 1_400_000_000))
    packed = pack(only(plan_of(source)), tmp_path)
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(packed) as after:
        assert after.testzip() is None
        assert after.namelist() == before.namelist()
        assert [info.date_time for info in after.infolist()] == [info.date_time for info in before.infolist()]
        assert {info.compress_type for info in after.infolist()} == {zipfile.ZIP_STORED}
        assert after.comment == before.comment
        assert after.read("notes.txt") == b"hello"
        assert after.read("2.png") == png(1, (16, 18))  # page number 1, as finished
    assert packed.stat().st_mtime > 1_500_000_000  # the time of writing: a library server sees that it is new


def test_packing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    chapter = only(plan_of(make_zip(tmp_path / "x.cbz", PAGES)))
    first = pack(chapter, tmp_path).read_bytes()
    assert pack(chapter, tmp_path).read_bytes() == first


def test_comicinfo_is_kept_but_for_what_colour_changes(tmp_path: Path) -> None:
    packed = pack(only(plan_of(make_zip(tmp_path / "x.cbz", PAGES))), tmp_path)
    with zipfile.ZipFile(packed) as archive:
        text = archive.read("ComicInfo.xml")
    size = str(len(png(1, (16, 18)))).encode()
    expected = INFO.replace(b"<BlackAndWhite>Yes", b"<BlackAndWhite>No")
    expected = expected.replace(b'"8"', b'"16"').replace(b"'9'", b'"18"').replace(b'"77"', b'"' + size + b'"')
    note = b"\n  <Notes>Coloured by mangacolor.</Notes>"
    assert text == expected.replace(b"</Title>", b"</Title>" + note)


def test_a_page_that_changed_its_format_changes_its_suffix(tmp_path: Path) -> None:
    chapter = only(plan_of(make_zip(tmp_path / "x.cbz", {"a/1.gif": b"GIF89a", "b.txt": b""})))
    with zipfile.ZipFile(pack(chapter, tmp_path, ".png")) as archive:
        assert archive.namelist() == ["a/1.png", "b.txt"]


def test_a_missing_page_is_packed_as_its_source_and_an_unreadable_one_is_named(tmp_path: Path) -> None:
    chapter = only(plan_of(make_zip(tmp_path / "x.cbz", {"1.png": png(5), "../2.png": png(6)})))
    assert chapter.container is not None
    left_out = chapter.container.pack({}, tmp_path / "packed")
    assert left_out == (next(page.name for page in chapter.pages if "2" in page.name),)
    with zipfile.ZipFile(tmp_path / "packed") as archive:
        assert archive.read("1.png") == png(5) and archive.namelist() == ["1.png"]


REFUSED = {
    "../evil.png": "leads out",
    "a/../../evil.png": "leads out",
    "..\\evil.png": "leads out",
    "/etc/evil.png": "absolute",
    "C:\\evil.png": "absolute",
    "\\\\server\\evil.png": "absolute",
    "con.png": "device",
    "a/NUL/1.png": "device",
    "new\nline.png": "control",
}


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_names_fail_as_pages_of_their_own(name: str, tmp_path: Path) -> None:
    plan = plan_of(make_zip(tmp_path / "x.cbz", {"1.png": png(), name: png()}))
    bad = [page for page in only(plan).pages if page.name != "x.cbz/1.png"]
    assert len(bad) == 1
    path = (tmp_path / "out" / bad[0].name).resolve()
    assert path.is_relative_to(tmp_path / "out" / "x.cbz")
    with pytest.raises(PageError, match=REFUSED[name]):
        bad[0].source.read()


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.cbz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.png", png())
        for name, mode in (("link.png", stat.S_IFLNK), ("device.png", stat.S_IFBLK)):
            info = zipfile.ZipInfo(name)
            info.external_attr, info.create_system = (mode | 0o777) << 16, 3
            archive.writestr(info, "/etc/passwd")
    tar = tmp_path / "y.cbt"
    with tarfile.open(tar, "w") as archive:
        entry = tarfile.TarInfo("1.png")
        entry.size = len(png())
        archive.addfile(entry, io.BytesIO(png()))
        for name, kind in (
            ("l.png", tarfile.SYMTYPE),
            ("h.png", tarfile.LNKTYPE),
            ("d.png", tarfile.CHRTYPE),
        ):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    for file, expected in ((path, 2), (tar, 3)):
        refused = 0
        for page in only(plan_of(file)).pages:
            try:
                page.source.read()
            except PageError as error:
                refused += "link" in error.message or "device" in error.message
        assert refused == expected


def test_encrypted_archives_are_said_plainly(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.cbz", {"1.png": png()})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="encrypted"):
        plan_of(path)


def test_nested_archives_are_said_plainly(tmp_path: Path) -> None:
    inner = make_zip(tmp_path / "inner.cbz", {"1.png": png()}).read_bytes()
    with pytest.raises(InputError, match=r"only archives \(ch1\.cbz\)"):
        plan_of(make_zip(tmp_path / "x.zip", {"ch1.cbz": inner}))
    plan = plan_of(make_zip(tmp_path / "y.zip", {"ch1.cbz": inner, "1.png": png()}))
    assert any("ch1.cbz is an archive in the archive" in note for note in plan.notes)


@pytest.mark.parametrize(
    ("limits", "message"),
    [(Limits(entries=2), "more than 2 entries"), (Limits(total_bytes=300), "limit of 300")],
)
def test_limits_of_an_archive_are_named(limits: Limits, message: str, tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.cbz", PAGES)
    with pytest.raises(InputError, match=message):
        plan_of(path, limits=limits)


def test_a_bomb_fails_its_page_only(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.cbz", {"1.png": png(), "bomb.png": bytes(20 * 2**20)})
    first, bomb = only(plan_of(path)).pages
    assert first.source.read() == png()
    with pytest.raises(PageError, match="300 times"):
        bomb.source.read()
    with pytest.raises(PageError, match="limit is 1,000"):
        only(plan_of(path, limits=Limits(entry_bytes=1000))).pages[1].source.read()


def test_a_damaged_entry_fails_its_page_only(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.cbz", {"1.png": png(1), "2.png": png(2)})
    data = bytearray(path.read_bytes())
    at = data.index(b"2.png") + len("2.png") + 30
    data[at] ^= 0xFF
    path.write_bytes(data)
    first, second = only(plan_of(path)).pages
    assert first.source.read() == png(1)
    with pytest.raises(PageError, match=r"2\.png.*cannot be unpacked"):
        second.source.read()


def test_litter_is_carried_but_is_no_page(tmp_path: Path) -> None:
    entries = {"1.png": png(), "__MACOSX/._1.png": b"\0\5\x16\7", ".DS_Store": b""}
    chapter = only(plan_of(make_zip(tmp_path / "x.cbz", entries)))
    assert [page.name for page in chapter.pages] == ["x.cbz/1.png"]
    with zipfile.ZipFile(pack(chapter, tmp_path)) as archive:
        assert archive.namelist() == list(entries)


def test_long_and_odd_names_become_names_that_a_disk_holds(tmp_path: Path) -> None:
    names = ["長" * 300 + ".png", "é.png", "e\u0301.png", "🐱 " * 20 + ".png", "a//b/./c.png"]
    chapter = only(plan_of(make_zip(tmp_path / "x.cbz", {name: png() for name in names})))
    files = finish(chapter, tmp_path / "done")
    assert len({path.resolve() for path in files.values()}) == len(names)
    with zipfile.ZipFile(pack(chapter, tmp_path)) as archive:
        assert archive.namelist() == names


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04" + bytes(50), b"Rar!\x1a\x07\x01\x00junk", b"7z\xbc\xaf\x27\x1c"]
)
def test_broken_archives_are_input_errors_alone_and_failed_pages_among_others(
    data: bytes, tmp_path: Path
) -> None:
    if data[:2] in (b"Ra", b"7z"):
        pytest.importorskip("libarchive")
    broken = tmp_path / "broken.cbz"
    broken.write_bytes(data)
    with pytest.raises(InputError, match=r"broken\.cbz"):
        plan_of(broken)
    good = make_zip(tmp_path / "good.cbz", {"1.png": png()})
    plan = discover([broken, good], tmp_path / "out")
    assert page_names(plan) == ["broken.cbz", "good.cbz/1.png"]
    with pytest.raises(PageError, match=r"broken\.cbz"):
        plan.chapters[0].pages[0].source.read()


def test_unpacked_into_a_folder(tmp_path: Path) -> None:
    plan = plan_of(make_zip(tmp_path / "x.cbz", PAGES), "folder")
    assert only(plan).container is None
    assert page_names(plan) == ["x/2.png", "x/10.png", "x/sub/1.png"]
    assert {extra.name: b"".join(extra.pieces({})) for extra in plan.extras} == {
        "x/ComicInfo.xml": INFO,
        "x/notes.txt": b"hello",
    }


def test_a_folder_packed_into_an_archive(tmp_path: Path) -> None:
    folder = tmp_path / "ch 1"
    folder.mkdir()
    for name, data in PAGES.items():
        if "/" not in name:
            (folder / name).write_bytes(data)
    plan = plan_of(folder, "cbz")
    assert page_names(plan) == ["ch 1.cbz/2.png", "ch 1.cbz/10.png"] and not plan.extras
    with zipfile.ZipFile(pack(only(plan), tmp_path)) as archive:
        assert sorted(archive.namelist()) == ["10.png", "2.png", "ComicInfo.xml", "notes.txt"]


OPF = """<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><manifest>
<item id="a" href="text/a.xhtml"/><item id="b" href="text/b%20b.xhtml"/></manifest>
<spine page-progression-direction="rtl"><itemref idref="b"/><itemref idref="a"/></spine></package>"""
XHTML = '<html xmlns="http://www.w3.org/1999/xhtml"><body>%s</body></html>'
EPUB = {
    "mimetype": b"application/epub+zip",
    "META-INF/container.xml": b'<container><rootfile full-path="OEBPS/c.opf"/></container>',
    "OEBPS/c.opf": OPF.encode(),
    "OEBPS/text/a.xhtml": (XHTML % '<img src="../images/1.png"/>').encode(),
    "OEBPS/text/b b.xhtml": (
        XHTML % '<svg xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="../images/9.png"/></svg>'
    ).encode(),
    "OEBPS/images/1.png": png(1),
    "OEBPS/images/9.png": png(9),
    "OEBPS/images/thumbnail.png": png(5),
}


def test_an_epub_goes_by_its_spine_and_stays_an_epub(tmp_path: Path) -> None:
    source = make_zip(tmp_path / "x.epub", EPUB)
    chapter = only(plan_of(source))
    assert [page.name for page in chapter.pages] == ["x.epub/OEBPS/images/9.png", "x.epub/OEBPS/images/1.png"]
    assert chapter.direction == "rtl"
    with zipfile.ZipFile(pack(chapter, tmp_path)) as archive:
        assert archive.namelist() == list(EPUB)
        assert archive.read("OEBPS/images/9.png") == png(1, (16, 18))
        assert archive.read("OEBPS/images/thumbnail.png") == png(5)


def test_an_epub_as_cbz_is_numbered_in_the_order_of_the_spine(tmp_path: Path) -> None:
    chapter = only(plan_of(make_zip(tmp_path / "x.epub", EPUB), "cbz"))
    assert [page.name for page in chapter.pages] == ["x.cbz/0001.png", "x.cbz/0002.png"]
    with zipfile.ZipFile(pack(chapter, tmp_path)) as archive:
        assert archive.namelist() == ["0001.png", "0002.png"]


def test_without_libarchive_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "libarchive", None)
    with pytest.raises(InputError, match="needs libarchive") as caught:
        plan_of(make_rar5(tmp_path / "x.cbr", PAGES))
    assert install_command("archives") in caught.value.remedy


@pytest.mark.parametrize("cut", [len("3.png"), 400, 1200])
@pytest.mark.parametrize("kind", ["cbz", "cbt", "cbr"])
def test_a_cut_archive_gives_what_is_there_and_names_what_is_lost(
    kind: str, cut: int, tmp_path: Path
) -> None:
    if kind != "cbt":
        pytest.importorskip("libarchive")
    if (kind, cut) == ("cbr", 5):
        pytest.skip("libarchive takes a RAR that is cut inside an entry's header for a whole one")
    make = {"cbz": make_zip, "cbt": make_tar, "cbr": make_rar5}[kind]
    noise = bytes(np.random.default_rng(1).integers(0, 256, 3000, np.uint8))
    path = make(tmp_path / f"x.{kind}", {f"{n}.png": noise for n in (1, 2, 3, 4)})
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"3.png") + cut])
    pages = only(plan_of(path)).pages
    names = [page.name for page in pages]
    assert names[:2] == ["x.cbz/1.png", "x.cbz/2.png"] and names[-1] == "x.cbz/lost pages" and len(names) < 5
    assert [page.source.read() for page in pages[:2]] == [noise] * 2
    for page in pages[2:]:
        with pytest.raises(PageError, match=r"3\.png|whatever followed .* is lost"):
            page.source.read()


def test_a_tar_with_a_damaged_header_or_no_end_is_not_taken_for_whole(tmp_path: Path) -> None:
    data = bytearray(make_tar(tmp_path / "x.cbt", {f"{n}.png": png(n) for n in (1, 2, 3)}).read_bytes())
    whole = tmp_path / "whole.cbt"
    whole.write_bytes(data)
    assert page_names(plan_of(whole)) == ["whole.cbz/1.png", "whole.cbz/2.png", "whole.cbz/3.png"]
    data[data.index(b"2.png")] ^= 1
    (tmp_path / "x.cbt").write_bytes(data)
    assert page_names(plan_of(tmp_path / "x.cbt")) == ["x.cbz/1.png", "x.cbz/lost pages"]
    (tmp_path / "x.cbt").write_bytes(whole.read_bytes()[:3072])
    assert page_names(plan_of(tmp_path / "x.cbt"))[-1] == "x.cbz/lost pages"


def test_a_damaged_document_of_an_epub_is_no_reason_to_lose_its_pages(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.epub", {"META-INF/container.xml": b"<container/>" * 9, "1.png": png(1)})
    data = bytearray(path.read_bytes())
    data[data.index(b"container.xml") + len("container.xml") + 5] ^= 0xFF
    path.write_bytes(data)
    plan = plan_of(path)
    assert page_names(plan) == ["x.epub/1.png"] and any("container.xml" in note for note in plan.notes)


@pytest.mark.parametrize("text", ["hello\n", "#mtree\n./1.png type=file size=10 contents=/etc/hostname\n"])
def test_a_text_is_no_archive_whatever_its_name(
    text: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("libarchive")
    book = tmp_path / "x.cbz"
    book.write_text(text)
    with pytest.raises(InputError, match="not a readable archive"):
        discover([book], tmp_path / "out")
    assert capfd.readouterr().err == ""
