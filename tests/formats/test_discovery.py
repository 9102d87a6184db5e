"""Which files become pages, in which order, under which names; and what is refused before any work."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from mangacolor.core.errors import InputError, PageError, UsageError
from mangacolor.formats.discovery import Plan, discover
from mangacolor.tests.helpers.archives import make_zip, png

PNG = b"\x89PNG\r\n\x1a\n"


def tree(root: Path, *names: str, data: bytes = PNG) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def names(plan: Plan) -> dict[str, list[str]]:
    return {chapter.name: [page.name for page in chapter.pages] for chapter in plan.chapters}


def test_a_folder_keeps_its_names_in_natural_order(tmp_path: Path) -> None:
    tree(tmp_path / "ch", "page10.png", "page2.png", "Page1.JPG", "cover.webp")
    plan = discover([tmp_path / "ch"], tmp_path / "out")
    assert names(plan) == {".": ["cover.webp", "Page1.JPG", "page2.png", "page10.png"]}
    assert [page.number for page in plan.chapters[0].pages] == [1, 2, 3, 4]
    assert plan.chapters[0].pages[1].source.read() == PNG
    assert pickle.loads(pickle.dumps(plan)) == plan
    assert not (tmp_path / "out").exists()


def test_a_tree_keeps_relative_paths_and_chapters_in_natural_order(tmp_path: Path) -> None:
    tree(tmp_path / "s", "Ch 10/1.png", "Ch 1.5/1.png", "Ch 1/1.png", "Ch 2/a/1.png", "0.png")
    plan = discover([tmp_path / "s"], tmp_path / "out")
    assert list(names(plan)) == [".", "Ch 1", "Ch 1.5", "Ch 2/a", "Ch 10"]
    assert names(plan)["Ch 2/a"] == ["Ch 2/a/1.png"]


def test_several_inputs_go_under_their_own_names(tmp_path: Path) -> None:
    tree(tmp_path, "a/1.png", "b/sub/1.png", "c.png")
    plan = discover([tmp_path / "a", tmp_path / "b", tmp_path / "c.png"], tmp_path / "out")
    assert names(plan) == {".": ["c.png"], "a": ["a/1.png"], "b/sub": ["b/sub/1.png"]}


def test_pictures_given_one_by_one_are_one_chapter_and_twice_is_once(tmp_path: Path) -> None:
    tree(tmp_path, "10.png", "9.png")
    plan = discover([tmp_path / n for n in ("10.png", "9.png", "10.png")], tmp_path / "out")
    assert names(plan) == {".": ["9.png", "10.png"]}


def test_dot_and_links_name_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, "real/1.png", "other/1.png")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.chdir(tmp_path / "other")
    plan = discover([Path(), tmp_path / "link"], tmp_path / "out")
    assert names(plan) == {"link": ["link/1.png"], "other": ["other/1.png"]}


def test_pages_are_told_by_content_or_by_name(tmp_path: Path) -> None:
    folder = tree(tmp_path / "ch", "1.txt", "no-suffix")
    tree(folder, "broken.png", data=b"")
    tree(folder, "2.doc", data=b"BM is how this text begins, and it is no bitmap")
    plan = discover([folder], tmp_path / "out")
    assert names(plan) == {".": ["1.txt", "broken.png", "no-suffix"]}
    assert [extra.name for extra in plan.extras] == ["2.doc"]


def test_other_files_are_carried_along_and_litter_is_not(tmp_path: Path) -> None:
    folder = tree(tmp_path / "ch", "1.png", "._1.png", "__MACOSX/2.png")
    tree(folder, "notes.txt", "sub/credits.html", ".DS_Store", "Thumbs.db", ".hidden", data=b"text")
    plan = discover([folder], tmp_path / "out")
    assert names(plan) == {".": ["1.png"]}
    assert [(extra.name, extra.source.read()) for extra in plan.extras] == [
        ("notes.txt", b"text"),
        ("sub/credits.html", b"text"),
    ]


def test_comicinfo_of_a_folder_gives_the_direction(tmp_path: Path) -> None:
    info = b"<ComicInfo><BlackAndWhite>Yes</BlackAndWhite><Manga>YesAndRightToLeft</Manga></ComicInfo>"
    folder = tree(tree(tmp_path / "ch", "1.png"), "ComicInfo.xml", data=info)
    plan = discover([folder], tmp_path / "out")
    assert plan.chapters[0].direction == "rtl"
    (page,) = plan.extras[0].pages
    assert list(plan.extras[0].pieces({})) == [info]  # no page was coloured
    (tmp_path / "done.png").write_bytes(png())
    coloured = b"".join(plan.extras[0].pieces({page: tmp_path / "done.png"}))
    note = b"\n  <Notes>Coloured by mangacolor.</Notes>"
    assert coloured.replace(note, b"") == info.replace(b"Yes</B", b"No</B")


def test_state_folders_and_out_inside_the_input_are_left_out(tmp_path: Path) -> None:
    tree(tmp_path / "ch", "1.png", ".mangacolor/pages/1.png", "out/1.png", "sub/.mangacolor/2.png")
    assert names(discover([tmp_path / "ch"], tmp_path / "ch" / "out")) == {".": ["1.png"]}


@pytest.mark.parametrize("spelling", ["ch", "ch/", "./ch", "ch/../ch", "link"])
def test_out_equal_to_the_input_is_refused(
    spelling: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(tmp_path / "ch", "1.png")
    (tmp_path / "link").symlink_to("ch")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="--out is the input itself"):
        discover([Path("ch")], Path(spelling))


def test_a_page_never_takes_the_place_of_its_source(tmp_path: Path) -> None:
    tree(tmp_path / "ch", "1.png")
    with pytest.raises(UsageError, match="in the place of a source"):
        discover([tmp_path / "ch" / "1.png"], tmp_path / "ch")


@pytest.mark.parametrize(
    ("first", "second"),
    [("a/1.png", "b/1.png"), ("a/1.png", "b/1.PNG"), ("a/é.png", "b/e\u0301.png"), ("a/ß.png", "b/SS.png")],
)
def test_clashes_are_refused(first: str, second: str, tmp_path: Path) -> None:
    tree(tmp_path, first, second)
    with pytest.raises(UsageError, match="same place"):
        discover([tmp_path / first, tmp_path / second], tmp_path / "out")


def test_a_file_in_the_place_of_a_folder_is_a_clash(tmp_path: Path) -> None:
    tree(tmp_path, "a/x.png", "b/x.png/1.png")
    with pytest.raises(UsageError, match="same place"):
        discover([tmp_path / "a" / "x.png", tmp_path / "b" / "x.png"], tmp_path / "out")


@pytest.mark.parametrize(
    ("first", "second", "proposed"),
    [
        ("a/ch1.cbz", "b/ch1.cbz", "--out {out}/a and --out {out}/b, or rename one, as ch1 (b).cbz."),
        ("a/mine.cbz", "a/mine.pdf", "Rename one, as mine (pdf).pdf"),
        ("a/CH.cbz", "b/ch.tar.gz", "rename one, as ch (b).tar.gz."),
        ("a/vol/1.png", "b/vol/2.png", "rename one, as vol (b)."),
        ("a/Vol/1.png", "b/vol/2.png", "rename one, as vol (b)."),
    ],
)
def test_inputs_of_one_name_are_refused_with_proposals(
    first: str, second: str, proposed: str, tmp_path: Path
) -> None:
    inputs = []
    for name in (first, second):
        tree(tmp_path, name, data=PNG if name.endswith("png") else b"PK\x03\x04")
        inputs.append((tmp_path / name).parent if name.endswith("png") else tmp_path / name)
    if "pdf" in second:
        inputs[1].write_bytes(b"%PDF-1.4")
    if "gz" in second:
        inputs[1].write_bytes(b"\x1f\x8b\x08")
    with pytest.raises(UsageError, match="same place") as refused:
        discover(inputs, tmp_path / "out")
    assert proposed.format(out=tmp_path / "out") in refused.value.remedy
    assert str(inputs[0]) in refused.value.message and str(inputs[1]) in refused.value.message


def test_members_of_a_tree_get_names_of_their_own(tmp_path: Path) -> None:
    root = tree(tmp_path / "s", "1.png", "1.PNG", "Ch/1.png", "ch/1.png", "ch/sub/2.png", "x.cbz/1.png")
    tree(root, "notes.txt", "Notes.TXT", data=b"words")
    make_zip(root / "mine.cbz", {"1.png": png()})
    for name in ("mine.cb7", "mine.CB7", "x.cbr"):
        make_zip(root / name, {"1.png": png()})
    plan = discover([root], tmp_path / "out")
    assert names(plan) == {
        ".": ["1.PNG", "1 (2).png"],
        "Ch": ["Ch/1.png"],
        "ch (2)": ["ch (2)/1.png"],
        "ch (2)/sub": ["ch (2)/sub/2.png"],
        "mine.cbz": ["mine.cbz/1.png"],
        "mine (cb7).cbz": ["mine (cb7).cbz/1.png"],
        "mine (cb7 2).cbz": ["mine (cb7 2).cbz/1.png"],
        "x.cbz": ["x.cbz/1.png"],
        "x (cbr).cbz": ["x (cbr).cbz/1.png"],
    }
    assert [extra.name for extra in plan.extras] == ["Notes.TXT", "notes (2).txt"]
    assert len(plan.notes) == 6 and all("is taken" in note for note in plan.notes)
    assert discover([root], tmp_path / "out") == plan


def test_folders_that_are_packed_keep_clear_of_archives(tmp_path: Path) -> None:
    root = tree(tmp_path / "s", "mine/1.png")
    make_zip(root / "mine.cbz", {"1.png": png()})
    assert set(names(discover([root], tmp_path / "out", "cbz"))) == {"mine.cbz", "mine (folder).cbz"}
    assert set(names(discover([root], tmp_path / "out", "folder"))) == {"mine", "mine (cbz)"}
    with pytest.raises(UsageError, match="same place"):
        discover([root / "mine", root / "mine.cbz"], tmp_path / "out", "cbz")


def test_every_output_is_planned_with_its_input_and_source(tmp_path: Path) -> None:
    root = tree(tmp_path / "s", "ch/1.png")
    tree(root, "ch/notes.txt", data=b"words")
    make_zip(root / "x.cbz", {"1.png": png(), "notes.txt": b"words"})
    (single := tmp_path / "2.png").write_bytes(PNG)
    planned = discover([root, single], tmp_path / "out").outputs
    assert {(o.name, o.kind, Path(o.input).name, Path(o.source).name) for o in planned} == {
        ("s/ch/1.png", "page", "s", "1.png"),
        ("s/ch/notes.txt", "extra", "s", "notes.txt"),
        ("s/x.cbz", "archive", "s", "x.cbz"),
        ("2.png", "page", "2.png", "2.png"),
    }
    for output in planned:
        stat = Path(output.source).stat()
        assert (output.size, output.modified_ns) == (stat.st_size, stat.st_mtime_ns)
    loose = discover([root], tmp_path / "out", "folder").outputs
    assert {o.name for o in loose} == {"ch/1.png", "ch/notes.txt", "x/1.png", "x/notes.txt"}
    packed = discover([root], tmp_path / "out", "cbz").outputs
    assert {(o.name, o.kind, Path(o.source).name) for o in packed} == {
        ("ch.cbz", "archive", "ch"),
        ("x.cbz", "archive", "x.cbz"),
    }


def test_what_is_missing_or_empty(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    tree(tmp_path, "text/readme.md", data=b"words")
    for path, message in (("absent", "no such"), ("empty", "holds no page"), ("text", "holds no page")):
        with pytest.raises(InputError, match=message):
            discover([tmp_path / path], tmp_path / "out")
    with pytest.raises(InputError, match="not an image"):
        discover([tmp_path / "text" / "readme.md"], tmp_path / "out")
    with pytest.raises(UsageError):
        discover([], tmp_path / "out")


def test_pipes_and_folder_links_are_named_and_do_not_hang(tmp_path: Path) -> None:
    folder = tree(tmp_path / "ch", "1.png")
    os.mkfifo(folder / "2.png")
    (folder / "loop").symlink_to(folder)
    (folder / "3.png").symlink_to(tmp_path / "nowhere.png")
    plan = discover([folder], tmp_path / "out")
    assert names(plan) == {".": ["1.png"]}
    assert [note.removeprefix(f"{folder}/") for note in plan.notes] == [
        "2.png: left out, neither a file nor a folder",
        "3.png: left out, a link to what is not there",
        "loop: a link to a folder is not followed; name it as an input of its own",
    ]


def test_an_output_folder_inside_the_input_is_named(tmp_path: Path) -> None:
    folder = tree(tmp_path / "ch", "1.png", "colored/1.png", "colored/.mangacolor/manifest.jsonl")
    plan = discover([folder], tmp_path / "out")
    assert names(plan) == {".": ["1.png"], "colored": ["colored/1.png"]}
    assert plan.notes == (
        f"{folder}/colored: what mangacolor has coloured, which is taken for a chapter, too",
    )
    assert discover([folder], folder / "colored").notes == ()  # this run's own is left out
    assert discover([folder / "colored"], tmp_path / "out").notes == ()  # it was named


@pytest.mark.parametrize("name", ["ch.cbz", "ch.cbr", "ch.pdf"])
def test_an_empty_file_is_told_as_such(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(InputError, match=r"the file is empty \(0 bytes\)"):
        discover([tmp_path / name], tmp_path / "out")


def test_names_that_are_no_utf8_are_shown_readably(tmp_path: Path) -> None:
    folder = tree(tmp_path / "ch", "1.png")
    (folder / os.fsdecode(b"\xff2.png")).write_bytes(PNG)
    plan = discover([folder], tmp_path / "out")
    assert names(plan) == {".": ["1.png", "\ufffd2.png"]}
    assert [page.source.read() for page in plan.chapters[0].pages] == [PNG, PNG]


def test_a_file_that_vanishes_fails_as_a_page(tmp_path: Path) -> None:
    folder = tree(tmp_path / "ch", "1.png", "2.png")
    plan = discover([folder], tmp_path / "out")
    (folder / "2.png").unlink()
    with pytest.raises(PageError, match=r"2\.png: cannot be read"):
        plan.chapters[0].pages[1].source.read()
