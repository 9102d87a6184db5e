"""Mutated pictures and archives through the whole pipeline: each is done or named, and no neighbour changes.

Seeded: the same mutations every time. A few here, 500 pictures, 120 archives and 60 books with
``pytest -m slow``, by the real command in a process of its own, whose memory and time are watched.
"""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from mangacolor.core.settings import Options, RunOptions
from mangacolor.formats.pixels import decode_picture
from mangacolor.pipeline.events import Event, PageDone, PageFailed
from mangacolor.pipeline.run import run
from mangacolor.tests.helpers.archives import make_tar, make_zip
from mangacolor.tests.helpers.hostile_files import build, page, saved
from mangacolor.tests.helpers.mutated_books import mutated_epub, mutated_pdf
from mangacolor.tests.helpers.stages import tiny_weights

FORMATS = {
    "png": ("PNG", "L"), "rgb.png": ("PNG", "RGB"), "jpg": ("JPEG", "L"), "rgb.jpg": ("JPEG", "RGB"),
    "webp": ("WEBP", "RGB"), "gif": ("GIF", "L"), "bmp": ("BMP", "L"), "tif": ("TIFF", "L"),
    "avif": ("AVIF", "RGB"), "jp2": ("JPEG2000", "L"), "ppm": ("PPM", "RGB"),
}  # fmt: skip
MEMORY = 3 * 2**30


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_weights(tmp_path_factory.mktemp("weights")))


def mutations(count: int, seed: int = 7) -> Iterator[tuple[str, bytes, str]]:
    """Name, bytes, and what was done: ``flip`` (a bit), ``set`` (bytes), ``cut``, ``drop`` or ``swap``."""
    rng = np.random.default_rng(seed)
    small = page("RGB").resize((72, 100))
    whole = [(suffix, saved(small.convert(mode), format)) for suffix, (format, mode) in FORMATS.items()]
    for number in range(count):
        suffix, data = whole[number % len(whole)]
        changed = bytearray(data)
        what = str(rng.choice(["flip", "set", "cut", "drop", "swap"]))
        at = int(rng.integers(0 if what == "cut" else 8, len(data)))
        if what == "flip":
            changed[at] ^= 1 << int(rng.integers(8))
        elif what == "set":
            changed[at : at + 4] = rng.integers(0, 256, 4, np.uint8).tobytes()
        elif what == "cut":
            del changed[at:]
        elif what == "drop":
            del changed[at : at + int(rng.integers(1, 40))]
        else:
            other = whole[int(rng.integers(len(whole)))][1]
            changed[at:] = other[at:]
        yield f"{number:03d}-{what}.{suffix}", bytes(changed), what


def detectable(name: str, data: bytes, what: str) -> bool:
    """Whether the file itself shows that it is not whole, as far as can be told without decoding it."""
    if what == "cut" and not name.endswith(("jpg", "jp2", "avif")):
        return True
    if name.endswith("jpg"):
        return what == "cut" and not data.rstrip(b"\0").endswith(b"\xff\xd9")
    if name.endswith("png"):
        return data != saved(page("RGB").resize((72, 100)).convert(FORMATS[name.partition(".")[2]][1]), "PNG")
    return False


def good_pages(folder: Path) -> None:
    folder.mkdir(parents=True)
    for number, mode in ((1, "L"), (2, "RGB"), (3, "1")):
        (folder / f"good {number}.png").write_bytes(saved(page(mode).resize((90, 120)), "PNG"))


def check(source: Path, out: Path, done: set[str], failed: dict[str, str], alone: dict[str, bytes]) -> None:
    """What must hold of any run over ``source``: ``alone`` are the good pages' bytes without the bad."""
    names = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    loose = {name for name in names if not name.endswith((".cbz", ".cbt"))}
    assert not_done(loose - set(failed), done) == set() and not done & set(failed)
    for name, data in alone.items():
        assert (out / name).read_bytes() == data
    for name, error in failed.items():
        assert any(part in error for part in (name, Path(name).name, name.partition("/")[0])), error
    for name in loose - set(failed):
        file = next(path for path in out.iterdir() if path.name in (name, as_png(name)))
        decode_picture(file.read_bytes(), name, 10**8)


def as_png(name: str) -> str:
    return str(Path(name).with_suffix(".png"))


def not_done(names: set[str], done: set[str]) -> set[str]:
    """Those of ``names`` that are not in ``done``, where a page has its name in OUT: another one for a page
    of a format that cannot hold its colours, written as PNG."""
    others = done - names
    return {name for name in names - done if not {as_png(name), f"{name}.png"} & others}


def test_a_few_mutated_pictures(weights: str, tmp_path: Path) -> None:
    source = tmp_path / "in"
    good_pages(source)
    options = Options(scale="1", weights=weights, harmonize=False, device="cpu", upscaler="lanczos")

    def go(out: Path) -> list[Event]:
        events: list[Event] = []
        run([source], out, options, RunOptions(jobs=2), emit=events.append)
        return events

    go(tmp_path / "alone")
    alone = {path.name: path.read_bytes() for path in (tmp_path / "alone").glob("*.png")}
    assert len(alone) == 3
    must_fail = set()
    for name, data, what in mutations(44):
        (source / name).write_bytes(data)
        must_fail |= {name} if detectable(name, data, what) else set()
    assert len(must_fail) > 8
    events = go(tmp_path / "out")
    done = {event.page for event in events if isinstance(event, PageDone)}
    failed = {event.page: event.error for event in events if isinstance(event, PageFailed)}
    check(source, tmp_path / "out", done, failed, alone)
    assert must_fail <= set(failed)


class Ran:
    """The real command, in a process of its own."""

    def __init__(self, source: Path, out: Path, weights: str, *more: str, timeout: int = 3000) -> None:
        command = [sys.executable, "-m", "mangacolor", str(source), "--out", str(out), "--json"]
        command += ["--scale", "1", "--upscaler", "lanczos", "--weights", weights]
        command += ["--memory", str(MEMORY), "--jobs", "2", *more]
        begun, used = time.monotonic(), cpu_of_children()
        run = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
        used = cpu_of_children() - used
        # By how much other work stretches a page: to 1 where each of the two jobs has a core for itself.
        self.stretch = max(1.0, 2 * (time.monotonic() - begun) / used)
        self.status, self.told = run.returncode, run.stderr
        self.events: list[dict[str, Any]] = [json.loads(line) for line in run.stdout.splitlines()]
        self.done = {e["page"]: e for e in self.events if e["event"] == "page_done"}
        self.failed = {e["page"]: e["error"] for e in self.events if e["event"] == "page_failed"}
        last = self.events[-1]
        assert last["event"] == "run_done" and last["status"] == self.status
        assert last["done"] + last["copied"] + last["cached"] + last["failed"] == last["pages"]
        assert "Traceback" not in self.told
        assert self.slowest < 60
        assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 < MEMORY * 1.25

    @property
    def slowest(self) -> float:
        """Seconds that the longest page would have taken with a core for itself."""
        seconds: list[float] = [sum(event["stages"].values()) for event in self.done.values()]
        return max(seconds) / self.stretch


def cpu_of_children() -> float:
    """Seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def files_of(folder: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_500_mutated_pictures(weights: str, tmp_path: Path) -> None:
    source = tmp_path / "in"
    good_pages(source)
    Ran(source, tmp_path / "alone", weights, "--no-harmonize")
    alone = {path.name: path.read_bytes() for path in (tmp_path / "alone").glob("*.png")}
    must_fail = set()
    for name, data, what in mutations(500, seed=11):
        (source / name).write_bytes(data)
        must_fail |= {name} if detectable(name, data, what) else set()
    ran = Ran(source, tmp_path / "out", weights, "--no-harmonize")
    assert ran.status == 1
    check(source, tmp_path / "out", set(ran.done), ran.failed, alone)
    assert must_fail <= set(ran.failed)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_120_mutated_archives(weights: str, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    rng = np.random.default_rng(13)
    entries = {f"{n}.jpg": saved(page().resize((72, 100)), "JPEG") for n in (1, 2)}
    zipped = make_zip(tmp_path / "a.cbz", entries).read_bytes()
    tarred = make_tar(tmp_path / "a.cbt", entries).read_bytes()
    for number in range(120):
        suffix, data = ("cbz", bytearray(zipped)) if number % 2 else ("cbt", bytearray(tarred))
        for _ in range(int(rng.integers(1, 4))):
            data[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
        if number % 5 == 0:
            del data[int(rng.integers(len(data))) :]
        (source / f"{number}.{suffix}").write_bytes(data)
    (source / "good.cbz").write_bytes(zipped)
    ran = Ran(source, tmp_path / "out", weights, "--no-harmonize")
    assert ran.status == 1 and {"good.cbz/1.jpg", "good.cbz/2.jpg"} <= set(ran.done)
    with zipfile.ZipFile(tmp_path / "out" / "good.cbz") as archive:
        assert archive.testzip() is None and archive.namelist() == ["1.jpg", "2.jpg"]
    told = {name.partition("/")[0] for name in (*ran.done, *ran.failed)}
    for path in source.iterdir():
        assert path.name in told or path.with_suffix(".cbz").name in told or path.name in ran.told, path.name
    for number in range(1, 120, 2):
        whole = io.BytesIO((source / f"{number}.cbz").read_bytes())
        try:
            with zipfile.ZipFile(whole) as archive:
                broken = archive.testzip()
        except Exception:
            broken = "all"
        if broken:
            assert any(name.startswith(f"{number}.cbz") for name in ran.failed) or f"{number}.cbz" in ran.told


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_60_mutated_books(weights: str, tmp_path: Path) -> None:
    """EPUBs with strange styles and PDFs with strange objects: each is done or named, none takes long."""
    source = tmp_path / "w" / "in"
    source.mkdir(parents=True)
    for seed in range(30):
        (source / f"{seed}.epub").write_bytes(mutated_epub(1000 + seed))
        (source / f"{seed}.pdf").write_bytes(mutated_pdf(1000 + seed))
    before = files_of(tmp_path)
    ran = Ran(source, tmp_path / "out", weights, "--no-harmonize", "--max-pixels", "20000000", timeout=900)
    assert {path: time for path, time in files_of(tmp_path).items() if "/out" not in path} == before
    assert ran.status in (0, 1)
    told = {name.partition("/")[0] for name in (*ran.done, *ran.failed)}
    for path in source.iterdir():
        own = {path.name, path.with_suffix(".cbz").name}
        assert own & told or path.name in ran.told, path.name
    assert ran.slowest < 20


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_hostile_corpus(weights: str, tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    try:
        import libarchive  # noqa: F401
    except (ImportError, OSError, AttributeError):
        corpus = build(tmp_path / "w" / "in", rar=False)
    else:
        corpus = build(tmp_path / "w" / "in")
    before = files_of(tmp_path / "w")
    ran = Ran(corpus.root, tmp_path / "out", weights)
    assert files_of(tmp_path / "w") == before
    assert ran.status == 1
    assert set(ran.failed) == corpus.bad
    assert not_done(corpus.good, set(ran.done)) == set()
    assert all(name in ran.told for name in corpus.noted)


def test_what_the_fuzzer_calls_detectable_is(tmp_path: Path) -> None:
    data = saved(PillowImage.new("L", (72, 100)), "PNG")
    assert detectable("1-flip.png", data, "flip") and detectable("1-cut.bmp", data[:40], "cut")
    assert not detectable("1-flip.bmp", data, "flip")
