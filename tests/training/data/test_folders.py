"""Pictures of made-up pages: read whatever their files are called, and named where they cannot be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from mangacolor.core.errors import InputError
from mangacolor.training.auxiliary.balloons import ART, LETTERED, BalloonCorpus
from mangacolor.training.data.folders import read_folders, read_on_white
from mangacolor.training.data.pictures import check_colour
from mangacolor.training.data.sources import describe_sources, load_pictures


def test_a_picture_of_any_name_is_read_on_white(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_imread(*_given: object) -> None:
        raise AssertionError("it takes no such name on Windows")

    monkeypatch.setattr("cv2.imread", no_imread)
    picture = np.zeros((4, 8, 4), np.uint8)
    picture[:, :4] = 255, 0, 0, 255
    PilImage.fromarray(picture).save(tmp_path / "頁.webp", lossless=True, exact=True)
    read = read_on_white(tmp_path / "頁.webp", 8)
    assert read.shape == (4, 8, 3)
    assert (read[:, :4] == (255, 0, 0)).all() and (read[:, 4:] == 255).all()


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "no colour picture"), (b"RIFF", "no colour picture"), (None, "cannot be read: No such file")],
)
def test_what_is_no_picture_is_named(tmp_path: Path, data: bytes | None, said: str) -> None:
    path = tmp_path / "1.webp"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError, match=rf"1\.webp.*{said}"):
        read_on_white(path, 8)


def test_balloons_are_not_trained_without_pages_of_each_kind(tmp_path: Path) -> None:
    (tmp_path / LETTERED).mkdir()
    (tmp_path / "figures").mkdir()
    grey = np.full((8, 8, 3), 90, np.uint8)
    PilImage.fromarray(grey).save(tmp_path / "figures" / "1.webp")
    with pytest.raises(InputError, match="holds no lettered pages") as told:
        BalloonCorpus.load(tmp_path, 64, 4, np.random.default_rng(1))
    assert ART in told.value.remedy


def save(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    PilImage.new("RGB", (8, 8), "red").save(path)


def test_pictures_of_every_kind_are_read_from_folders(tmp_path: Path) -> None:
    for name in ("a/1.PNG", "a/in it/2.jpg", "a/3.webp", "b/1.bmp"):
        save(tmp_path / name)
    (tmp_path / "a/note.txt").write_text("of the painter")
    (tmp_path / "a/folder.png").mkdir()
    found = dict(read_folders(tmp_path, "", 9, np.random.default_rng(1)))
    assert {name: len(pictures) for name, pictures in found.items()} == {"a": 3, "b": 1}
    sources, pictures = load_pictures([tmp_path])
    assert [source.folder for source in sources] == ["a", "b"] and len(pictures) == 4


def test_pictures_beside_folders_are_not_left_out_silently(tmp_path: Path) -> None:
    for name in ("1.png", "2.png"):
        save(tmp_path / name)
    save(tmp_path / ".thumbnails/1.png")
    (tmp_path / "._1.png").write_bytes(b"what macOS leaves beside a file")
    assert [source.folder for source in describe_sources(tmp_path)] == ["."]
    assert [picture.name for picture in load_pictures([tmp_path])[1]] == ["1.png#0", "2.png#0"]
    save(tmp_path / "old/3.png")
    with pytest.raises(InputError, match=r"2 pictures beside them would be left out: 1\.png, 2\.png"):
        describe_sources(tmp_path)


def test_data_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"data\.pack: no such file or folder"):
        load_pictures([tmp_path / "data.pack"])


def test_pages_without_a_panel_are_refused() -> None:
    with pytest.raises(InputError, match="none of the pages has a panel of 64 pixels"):
        check_colour([])


def test_grey_pictures_are_refused_and_a_coloured_one_among_them_is_enough(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / "grey").mkdir(exist_ok=True)
        PilImage.new("L", (8, 8), 40 * number).save(tmp_path / f"grey/{number}.png")
    _, grey = load_pictures([tmp_path])
    with pytest.raises(InputError, match=r"no colour in 3 pictures, from grey/0\.png#0 on"):
        check_colour(grey)
    save(tmp_path / "red/1.png")
    check_colour(load_pictures([tmp_path])[1])
