"""``mangacolor learn``: the file it leaves, what it says, and what it refuses."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Image
from mangacolor.models.colour.series.file import read_series_file
from mangacolor.tests.helpers.coloured_series import page_in_colour
from mangacolor.tests.helpers.commands import exit_status
from mangacolor.tests.helpers.stages import comic_page
from mangacolor.training.series import learning
from mangacolor.training.series.dials import Dials

QUICK = Dials(steps_a_minute=1, size=64, own=1, rehearsed=1, looks=1, strengths=(1.0,))
SMALL = (340, 300)  # pixels: what is looked at and paired is a whole page, which takes its time


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(learning, "DIALS", QUICK)
    defaults = learning.LearnSettings.__init__.__defaults__
    assert defaults is not None
    monkeypatch.setattr(learning.LearnSettings.__init__, "__defaults__", (*defaults[:-1], QUICK))


def status(*arguments: str) -> int:
    return exit_status("learn", *arguments)


def save(path: Path, picture: Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture[..., ::-1] if picture.ndim == 3 else picture)


def test_it_learns_from_folders_and_archives(capfd: pytest.CaptureFixture[str]) -> None:
    save(Path("covers/1.png"), page_in_colour(*SMALL))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, page in (("1.png", page_in_colour(*SMALL)[:, ::-1]), ("2.png", comic_page(*SMALL))):
            packed = cv2.imencode(".png", page[..., ::-1] if page.ndim == 3 else page)[1]
            archive.writestr(name, packed.tobytes())
    Path("volume.cbz").write_bytes(stream.getvalue())
    given = ("covers", "volume.cbz", "--out", "s.safetensors", "--minutes", "2", "--name", "Arms", "--json")
    assert status(*given) == 0
    told = json.loads(capfd.readouterr().out)
    assert (told["out"], told["pages"], told["planned"], told["steps"]) == ("s.safetensors", 2, 2, 2)
    assert (told["ended"], told["left_out"], told["unread"]) == ("all", {"manga": 1}, [])
    series = read_series_file(Path("s.safetensors"))
    assert (series.name, series.base) == ("Arms", "default")
    assert series.surfaces


def test_a_run_takes_the_file(capfd: pytest.CaptureFixture[str]) -> None:
    save(Path("cover.png"), page_in_colour(*SMALL))
    save(Path("in/1.png"), comic_page(*SMALL))
    assert status("cover.png", "--out", "s.safetensors", "--minutes", "1.4") == 0
    said = capfd.readouterr().err
    assert "s.safetensors: 1 coloured page" in said and "1 of 1 step" in said
    assert exit_status("in", "--out", "out", "--weights", "s.safetensors", "--scale", "1", "--quiet") == 0
    coloured = cv2.imread("out/1.png")
    assert coloured is not None and np.ptp(coloured.astype(int), axis=2).max() > 10


def png_chunk(name: bytes, data: bytes) -> bytes:
    """A part of a PNG file."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def write_archives() -> None:
    """One without a page, one with that in it, and one that says it unpacks to two gigabytes."""
    zipfile.ZipFile("empty.cbz", "w").close()
    with zipfile.ZipFile("nested.cbz", "w") as archive:
        archive.write("empty.cbz")
    with zipfile.ZipFile("bomb.cbz", "w") as archive:
        archive.writestr("1.png", b"\x89PNG\r\n\x1a\n")
        archive.infolist()[0].file_size = 2**31


BAD = {
    "missing": ("nowhere", "no such file or folder"),
    "black and white": ("grey.png", "no coloured page in grey.png: 1 page in black and white"),
    "tiny": ("tiny.png", "tiny.png is too small to learn from"),
    "video": ("opening.mp4", "not an image or archive that mangacolor reads"),
    "hostile": ("hostile.png", "no coloured page in hostile.png: 1 not readable"),
    "empty": ("empty", "holds no page"),
    "text": ("text", "holds no page"),
    "empty archive": ("empty.cbz", "holds no page"),
    "archive of archives": ("nested.cbz", "holds no page, only archives (empty.cbz)"),
    "bomb": ("bomb.cbz", "refused, it unpacks to 2,147,483,648 bytes"),
    "huge": ("huge.png", "too large to decode safely (100000×100000 pixels"),
}


def write_bad_inputs() -> None:
    """What ``BAD`` names."""
    save(Path("grey.png"), comic_page())
    save(Path("tiny.png"), page_in_colour()[::16, ::16].copy())
    Path("opening.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(64))
    Path("hostile.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\x0dIHDR" + b"\xff" * 64)
    Path("empty").mkdir()
    Path("text").mkdir()
    Path("text/words.txt").write_text("words")
    write_archives()
    sides = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", sides), (b"IDAT", zlib.compress(bytes(9))), (b"IEND", b""))
    Path("huge.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks))


# Tries one input after the other, and prints the exit status of each and whether torch has been imported.
TRY_EACH = """
import sys
from mangacolor.cli import main

for given in sys.argv[1:]:
    try:
        main(["learn", *given.split("|"), "--out", "s.safetensors", "--quiet"])
    except SystemExit as ended:
        print(given, ended.code, "torch" in sys.modules)
"""


def test_bad_input_is_refused_before_torch_is_imported() -> None:
    write_bad_inputs()
    given = [path for path, _ in BAD.values()] + ["--editions|grey.png|empty", "--editions|grey.png|grey.png"]
    ended = subprocess.run(
        [sys.executable, "-c", TRY_EACH, *given], capture_output=True, text=True, check=False
    )
    assert ended.stdout.splitlines() == [f"{one} 3 False" for one in given], ended.stderr


@pytest.mark.parametrize("kind", BAD)
def test_what_teaches_nothing_is_told_and_nothing_is_written(
    kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    write_bad_inputs()
    before = b"the file of before"
    Path("s.safetensors").write_bytes(before)
    given, says = BAD[kind]
    assert status(given, "--out", "s.safetensors", "--minutes", "1", "--quiet") == 3
    said = capfd.readouterr().err
    assert says in said and "Traceback" not in said and len(said.splitlines()) >= 2
    assert Path("s.safetensors").read_bytes() == before
    assert not [path for path in Path().iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("cover.png", "--out", "s.bin"), "would hold safetensors"),
        (("cover.png", "--out", "s.safetensors", "--name", "x" * 201), "--name has 201 characters"),
        (("cover.png", "--out", "s.safetensors", "--name", "A\udcff"), "'A\\udcff' holds what is no text"),
        (("cover.png", "--out", "s.safetensors", "--name", "A\x1b[2J"), "or moves a terminal's cursor"),
        (("cover.png", "--out", "s.safetensors", "--minutes", "nan"), "'nan' is no number"),
        (("--out", "s.safetensors"), "nothing to learn from"),
        (("cover.png", "--out", "a/s.safetensors", "--from", "mine.safetensors"), "needs mine.safetensors"),
    ],
    ids=["suffix", "name", "bytes", "cursor", "nan", "nothing", "base"],
)
def test_a_wrong_command_line_is_told(
    arguments: tuple[str, ...], says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    from mangacolor.models import create_generator, save_generator

    network = create_generator("efficient-palette", 8)
    save_generator(Path("mine.safetensors"), network, network.config, {})
    save(Path("cover.png"), page_in_colour())
    assert status(*arguments) == 2
    assert says in capfd.readouterr().err
    assert not list(Path().rglob("s.*"))


def test_other_networks_are_no_base(capfd: pytest.CaptureFixture[str]) -> None:
    from mangacolor.models import create_generator, save_generator

    network = create_generator("unet", 4, size=64, levels=5)
    save_generator(Path("unet.safetensors"), network, network.config, {})
    save(Path("cover.png"), page_in_colour())
    assert status("cover.png", "--out", "s.safetensors", "--from", "unet.safetensors") == 2
    assert "cannot be learnt on a network of the kind unet" in capfd.readouterr().err
