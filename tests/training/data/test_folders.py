"""Pictures of made-up pages: read whatever their files are called, and named where they cannot be."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as PilImage

from mangacolor.core.errors import InputError, UsageError
from mangacolor.tests.helpers.commands import exit_status
from mangacolor.training.auxiliary.balloons import ART, LETTERED, BalloonCorpus
from mangacolor.training.data.folders import read_folders
from mangacolor.training.data.left_out import LeftOut
from mangacolor.training.data.pack import read_pack, write_pack
from mangacolor.training.data.pictures import Picture, Source, at_most, check_colour, read_rgb
from mangacolor.training.data.sources import describe_sources, load_pictures


def test_a_picture_of_any_name_is_read_on_white(tmp_path: Path) -> None:
    picture = np.zeros((4, 8, 4), np.uint8)
    picture[:, :4] = 255, 0, 0, 255
    PilImage.fromarray(picture).save(tmp_path / "頁.webp", lossless=True, exact=True)
    read = read_rgb(tmp_path / "頁.webp")
    assert read.shape == (4, 8, 3)
    assert (read[:, :4] == (255, 0, 0)).all() and (read[:, 4:] == 255).all()
    assert at_most(read, 4).shape == (2, 4, 3)


@pytest.mark.parametrize("shape", [(4, 8, 3), (4, 8)])
def test_a_picture_of_16_bits_is_read_as_one_of_8(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = tmp_path / "1.png"
    path.write_bytes(cv2.imencode(".png", np.full(shape, 100 * 256 + 7, np.uint16))[1].tobytes())
    assert (read_rgb(path) == 100).all()


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_16_bits_are_read_as_8(tmp_path: Path, suffix: str, channels: int) -> None:
    """Whole levels, half transparent in the last row; no level goes round."""
    eight = np.random.default_rng(1).integers(0, 256, (6, 8, channels), np.uint8)
    paths = [tmp_path / f"{bits}.{suffix}" for bits in (8, 16)]
    for path, pixels in zip(paths, (eight, eight.astype(np.uint16) * 257), strict=True):
        assert cv2.imwrite(str(path), pixels)
    narrow, wide = (read_rgb(path) for path in paths)
    assert (narrow == wide).all()
    if channels == 3:
        assert (wide == eight[..., ::-1]).all()


@pytest.mark.parametrize(
    ("data", "said"), [(b"", "empty"), (b"RIFF", "not a picture"), (None, "cannot be read: No such file")]
)
def test_what_is_no_picture_is_named(tmp_path: Path, data: bytes | None, said: str) -> None:
    path = tmp_path / "1.webp"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError, match=rf"1\.webp.*{said}"):
        read_rgb(path)


def test_balloons_are_not_trained_without_pages_of_each_kind(tmp_path: Path) -> None:
    (tmp_path / LETTERED).mkdir()
    (tmp_path / "figures").mkdir()
    grey = np.full((8, 8, 3), 90, np.uint8)
    PilImage.fromarray(grey).save(tmp_path / "figures" / "1.webp")
    (tmp_path / LETTERED / "1.png").write_bytes(b"torn")
    said: list[str] = []
    with pytest.raises(InputError, match="holds no lettered pages") as told:
        BalloonCorpus.load(tmp_path, 64, 4, np.random.default_rng(1), said.append)
    assert ART in told.value.remedy
    grey_one = LeftOut(grey=[str(tmp_path / "figures" / "1.webp")])
    torn = f"{tmp_path / LETTERED / '1.png'}: not a picture in a format that mangacolor reads"
    assert said == [*grey_one.lines(), *LeftOut(broken=[torn]).lines()]


def save(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    PilImage.new("RGB", (8, 8), "red").save(path)


def test_pictures_of_every_kind_are_read_from_folders(tmp_path: Path) -> None:
    for name in ("a/1.PNG", "a/in it/2.jpg", "a/3.webp", "b/1.bmp"):
        save(tmp_path / name)
    (tmp_path / "a/note.txt").write_text("of the painter")
    (tmp_path / "a/folder.png").mkdir()
    PilImage.new("L", (8, 8)).save(tmp_path / "b/2.png")
    said: list[str] = []
    found = dict(read_folders(tmp_path, "", 9, np.random.default_rng(1), said.append))
    assert {name: len(pictures) for name, pictures in found.items()} == {"a": 3, "b": 1}
    assert said == [f"left out: 1 picture without colour: {tmp_path / 'b/2.png'}"]
    sources, pictures = load_pictures([tmp_path], print)
    assert [source.folder for source in sources] == ["a", "b"] and len(pictures) == 4


def test_what_a_system_keeps_beside_folders_is_no_source(tmp_path: Path) -> None:
    for name in ("a/1.png", "@eaDir/SYNOPHOTO_THUMB_M.jpg", "__MACOSX/a/._1.png", ".cache/1.png"):
        save(tmp_path / name)
    said: list[str] = []
    assert list(dict(read_folders(tmp_path, "", 9, np.random.default_rng(1), said.append))) == ["a"]
    assert [source.folder for source in load_pictures([tmp_path], said.append)[0]] == ["a"]
    description = tmp_path / "sources.toml"
    description.write_text('[[source]]\nfolder = "a"\n')
    load_pictures([tmp_path], said.append, description)
    assert said == [f"reading 1 file of {tmp_path}"] * 2


def test_pictures_beside_folders_are_not_left_out_silently(tmp_path: Path) -> None:
    for name in ("1.png", "2.png"):
        save(tmp_path / name)
    save(tmp_path / ".thumbnails/1.png")
    (tmp_path / "._1.png").write_bytes(b"what macOS leaves beside a file")
    assert [source.folder for source in describe_sources(tmp_path)] == ["."]
    assert [picture.name for picture in load_pictures([tmp_path], print)[1]] == ["1.png#0", "2.png#0"]
    save(tmp_path / "old/3.png")
    with pytest.raises(InputError, match=r"2 pictures beside them would be left out: 1\.png, 2\.png"):
        describe_sources(tmp_path)


def test_data_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"data\.pack: no such file or folder"):
        load_pictures([tmp_path / "data.pack"], print)


def write_mixture(folder: Path, good: int, broken: int, grey: int) -> None:
    for number in range(good):
        save(folder / f"red/{number}.png")
    for number in range(broken):
        path = folder / f"torn/{number}.png"
        save(path)
        path.write_bytes(path.read_bytes()[:40])
    for number in range(grey):
        (folder / "grey").mkdir(parents=True, exist_ok=True)
        PilImage.new("L", (8, 8), 40 * number).save(folder / f"grey/{number}.png")


def test_what_is_broken_or_grey_is_left_out_and_named(tmp_path: Path) -> None:
    write_mixture(tmp_path, good=2, broken=5, grey=5)
    said: list[str] = []
    sources, pictures = load_pictures([tmp_path], said.append)
    assert [picture.name for picture in pictures] == ["red/0.png#0", "red/1.png#0"]
    assert [source.folder for source in sources] == ["red"], "a source of nothing would have a share"
    assert said.pop(0) == f"reading 12 files of {tmp_path}"
    assert len(said) == 6 and all(line.startswith("left out: ") for line in said)
    for number in range(5):
        assert f"torn/{number}.png: cannot be decoded" in said[number]
    assert said[5] == "left out: 5 pictures without colour: grey/0.png, grey/1.png, grey/2.png and 2 more"


def test_where_nothing_is_left_it_is_said_why(tmp_path: Path) -> None:
    write_mixture(tmp_path, good=0, broken=1, grey=2)
    with pytest.raises(InputError, match="among 3 pictures: 1 that cannot be read, 2 without colour") as told:
        load_pictures([tmp_path], print)
    assert "in colour" in told.value.remedy and "Mend" in told.value.remedy


def test_a_pack_without_pictures_is_refused(tmp_path: Path) -> None:
    write_pack(tmp_path / "empty.pack", [], [])
    with pytest.raises(InputError, match="no picture for training"):
        load_pictures([tmp_path / "empty.pack"], print)


def test_pages_without_a_panel_are_left_out(tmp_path: Path) -> None:
    save(tmp_path / "tiny/1.png")
    described = tmp_path / "sources.toml"
    described.write_text('[[source]]\nfolder = "tiny"\nlayout = "pages"\n')
    with pytest.raises(InputError, match="1 without a panel of 64 pixels"):
        load_pictures([tmp_path], print, described)


def test_a_pack_of_grey_pictures_alone_is_refused() -> None:
    grey = Picture("grey/0.png#0", "grey", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(InputError, match=r"no colour in 1 picture, from grey/0\.png#0 on"):
        check_colour([grey])
    check_colour([grey, Picture("red/0.png#0", "red", np.full((8, 8, 3), (255, 0, 0), np.uint8))])


def test_pack_data_goes_on_without_broken_pictures_and_its_status_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_mixture(tmp_path / "in", good=2, broken=2, grey=1)
    pack = tmp_path / "d.pack"
    assert exit_status("pack-data", str(tmp_path / "in"), "--out", str(pack)) == 1
    said = capsys.readouterr().err
    assert (
        "torn/0.png: cannot" in said and "torn/1.png: cannot" in said and "1 picture without colour" in said
    )
    assert said.splitlines()[-1] == f"{pack}: 2 pictures of 1 source, 2 KiB; 3 files left out"
    assert [source.folder for source in read_pack(pack)[0]] == ["red"]
    shutil.rmtree(tmp_path / "in/torn")
    assert exit_status("pack-data", str(tmp_path / "in"), "--out", str(pack)) == 0, (
        "what is grey is no failure"
    )
    before = pack.read_bytes()
    shutil.rmtree(tmp_path / "in/red")
    assert exit_status("pack-data", str(tmp_path / "in"), "--out", str(pack)) == 3
    assert pack.read_bytes() == before and not list(tmp_path.glob("*.partial"))


def test_names_of_what_is_left_out_are_no_commands_to_a_terminal() -> None:
    left_out = LeftOut(broken=["a\x1b.png: torn"], grey=["b\x07.png"])
    broken, grey = left_out.lines()
    assert broken == r"left out: a\x1b.png: torn" and grey.endswith(r"without colour: b\x07.png")


DESCRIPTIONS = {
    'folder = "a"\nwieght = 1': "source 1 has no setting 'wieght'\n  Did you mean weight?",
    'folder = "a"\nlayout = "page"': 'layout cannot be "page"\n  Give one of pictures, pages, pairs',
    'folder = "a"\nweight = "much"': 'source 1: weight cannot be "much"\n  Give a number at least 0',
    'folder = "a"\nweight = -1': "source 1: weight cannot be -1",
    'folder = "a"\nzoom = 2': r"source 1: zoom cannot be 2",
    'folder = "a"\nzoom = [1.3]': r"source 1: zoom cannot be \[1\.3\]",
    'folder = "a"\nzoom = [0.0, 1.3]': r"source 1: zoom\[0\] cannot be 0\.0",
    'folder = "a"\nzoom = [1.3, 0.5]': "Give the smaller one first",
    'layout = "pages"': "source 1 lacks folder",
    'folder = "a"\n[[source]]\nfolder = "a"': "source 2: a is described already",
    "folder = a": "does not describe sources: Invalid value",
}


@pytest.mark.parametrize("text", DESCRIPTIONS)
def test_a_description_that_will_not_do_is_refused_where_it_is_wrong(tmp_path: Path, text: str) -> None:
    described = tmp_path / "sources.toml"
    described.write_text(f"[[source]]\n{text}\n")
    with pytest.raises(UsageError, match=DESCRIPTIONS[text]) as told:
        describe_sources(tmp_path, described)
    assert "sources.toml" in told.value.message


@pytest.mark.parametrize("text", ["[[sources]]\nfolder = 'a'\n", "", "source = 3\n", "source = ['a']\n"])
def test_a_file_without_a_table_of_a_source_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "sources.toml").write_text(text)
    with pytest.raises(UsageError, match=r"sources\.toml does not describe sources: it has no table"):
        describe_sources(tmp_path, tmp_path / "sources.toml")


def test_folders_that_a_description_does_not_name_are_told_and_a_pack_takes_no_description(
    tmp_path: Path,
) -> None:
    for name in ("in/a/1.png", "in/b/1.png", "in/.thumbnails/1.png"):
        save(tmp_path / name)
    (tmp_path / "in/notes").mkdir()
    described = tmp_path / "sources.toml"
    described.write_text('[[source]]\nfolder = "a"\n')
    said: list[str] = []
    sources, pictures = load_pictures([tmp_path / "in"], said.append, described)
    assert said == ["not described, and left out: b", f"reading 1 file of {tmp_path / 'in'}"]
    write_pack(tmp_path / "d.pack", sources, pictures)
    with pytest.raises(UsageError, match=r"sources\.toml describes folders, and .*d\.pack is none"):
        load_pictures([tmp_path / "d.pack"], said.append, described)
    with pytest.raises(InputError, match=r"gone.a: no such file or folder"):
        load_pictures([tmp_path / "in", tmp_path / "gone"], said.append, described)


def test_a_pack_that_is_cut_short_or_of_another_form_is_told_from_what_is_none(tmp_path: Path) -> None:
    pack = tmp_path / "d.pack"
    write_pack(pack, [Source("a")], [Picture("a/1.png#0", "a", np.full((8, 8, 3), (255, 0, 0), np.uint8))])
    whole = pack.read_bytes()
    for size in (len(whole) // 2, len(whole) - 1, 10):
        pack.write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"d\.pack is cut short"):
            read_pack(pack)
    pack.write_bytes(whole.replace(b'"form": 1', b'"form": 2'))  # the sum is wrong now, too
    with pytest.raises(InputError, match=r"d\.pack is not a data pack: Bad CRC"):
        read_pack(pack)
    with zipfile.ZipFile(pack, "w") as archive:
        archive.writestr("index.json", '{"form": 2, "sources": [], "pictures": []}')
    with pytest.raises(InputError, match=r"d\.pack is a data pack of form 2, and this version .* form 1"):
        read_pack(pack)
    save(tmp_path / "1.png")
    with pytest.raises(InputError, match=r"1\.png is not a data pack\n  Name a folder of colour pictures"):
        read_pack(tmp_path / "1.png")


def test_pack_data_tells_how_far_it_is_and_finds_out_first_that_it_cannot_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_mixture(tmp_path / "in", good=4, broken=0, grey=0)
    assert exit_status("pack-data", str(tmp_path / "in"), "--out", str(tmp_path / "d.pack")) == 0
    assert "packing: 3 of 4" in capsys.readouterr().err
    assert exit_status("pack-data", str(tmp_path / "in"), "--out", str(tmp_path)) == 3
    assert "cannot be written" in capsys.readouterr().err
    (tmp_path / "in/empty").mkdir()
    assert exit_status("pack-data", str(tmp_path / "in"), "--out", str(tmp_path / "e.pack")) == 3
    said = capsys.readouterr().err
    assert "no pictures for training in" in said and "packing" not in said  # before a picture is read
    assert exit_status("pack-data", str(tmp_path / "d.pack"), "--out", str(tmp_path / "e.pack")) == 3
    assert "d.pack is no folder" in capsys.readouterr().err
