"""The whole command: start-up, steady state, its stages, and an older version of itself."""

from __future__ import annotations

import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image as PilImage

from mangacolor.benchmarks.speed.timing import Ratio, Seconds, alternate
from mangacolor.core.types import Image
from mangacolor.formats.writers import encode_picture
from mangacolor.stages.panels import find_panels

ROOT = Path(__file__).resolve().parents[2]
LARGE = (1400, 2000)
FEW, MANY = 2, 6


def command(*arguments: str, home: Path | None = None) -> tuple[Seconds, str]:
    """Run ``python -m mangacolor`` in its own process. ``home``: a folder that holds another version."""
    environment = os.environ | ({"PYTHONPATH": str(home)} if home else {})
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "mangacolor", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
        env=environment,
        cwd=home or ROOT,
    )
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Seconds(wall, cpu), done.stdout


def colour(chapter: Path, *options: str, home: Path | None = None) -> tuple[Seconds, Counter[str]]:
    """Colour a chapter into an empty folder: its time, and the seconds of each stage."""
    with tempfile.TemporaryDirectory() as out:
        seconds, text = command(str(chapter), "--out", out, "--json", *options, home=home)
    stages: Counter[str] = Counter()
    for line in text.splitlines():
        stages.update(json.loads(line).get("stages", {}))
    return seconds, stages


def bench_start(repeat: int) -> tuple[dict[str, Any], list[Ratio]]:
    """``--help``: its time, and whether it loads torch or OpenCV."""
    helps = [command("--help")[0] for _ in range(repeat)]
    best = Seconds(min(one.wall for one in helps), min(one.cpu for one in helps))
    asked = "import sys, mangacolor.cli; print(*{'torch', 'cv2', 'numpy'} & sys.modules.keys())"
    loaded = subprocess.check_output([sys.executable, "-c", asked], text=True, cwd=ROOT).split()
    figures = {"seconds (wall, CPU)": [round(best.wall, 3), round(best.cpu, 3)], "loads": loaded}
    return figures, [Ratio("start: seconds of --help", best.wall, best.cpu, 0.4, at_most=True)]


def bench_chapter(chapter: Path, older: str | None) -> tuple[dict[str, Any], list[Ratio]]:
    """The chapter at the default options: its stages, and against the commit ``older``."""
    seconds, stages = colour(chapter)
    total = sum(stages.values())
    pages = sum(path.suffix == ".png" for path in chapter.iterdir())
    figures: dict[str, Any] = {
        "pages": pages,
        "seconds (wall, CPU)": [round(seconds.wall, 2), round(seconds.cpu, 2)],
        "stages": {name: round(value, 2) for name, value in stages.most_common()},
    }
    ratios = [Ratio("chapter: wall / sum of its stages", seconds.wall / total, seconds.cpu / total)]
    if older:
        with tempfile.TemporaryDirectory() as folder:
            archive = subprocess.check_output(["git", "archive", older], cwd=ROOT)
            with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
                tar.extractall(Path(folder, "mangacolor"), filter="data")
            before, _ = colour(chapter, home=Path(folder))
        figures[f"seconds at {older} (wall, CPU)"] = [round(before.wall, 2), round(before.cpu, 2)]
        ratios.append(
            Ratio("chapter: first version / now", before.wall / seconds.wall, before.cpu / seconds.cpu, 3)
        )
    return figures, ratios


def bench_steady(chapter: Path) -> tuple[dict[str, Any], list[Ratio]]:
    """A further page of 1400×2000 at ``--scale 1``: the difference between a long and a short chapter."""
    pages = sorted(chapter.glob("*.png"))
    taken = []
    for count in (FEW, MANY):
        with tempfile.TemporaryDirectory() as folder:
            for number in range(count):
                page = PilImage.open(pages[number % len(pages)]).convert("L")
                page.resize(LARGE, PilImage.Resampling.BICUBIC).save(Path(folder, f"{number}.png"))
            taken.append(colour(Path(folder), "--scale", "1")[0])
    few, many = taken
    wall, cpu = (
        (after - before) / (MANY - FEW) for before, after in ((few.wall, many.wall), (few.cpu, many.cpu))
    )
    figures = {"seconds a page (wall, CPU)": [round(wall, 2), round(cpu, 2)]}
    # CPU seconds spread over two cores, where the bench is meant to run.
    return figures, [Ratio("1400×2000 at --scale 1: seconds a page", wall, cpu / 2, 2.5, at_most=True)]


def bench_files(page: Image, repeat: int) -> tuple[dict[str, Any], list[Ratio]]:
    """Encoding a coloured page of twice the size, and finding panels."""
    large = cv2.applyColorMap(cv2.resize(page, None, fx=2, fy=2), cv2.COLORMAP_PINK)
    pixels = np.ascontiguousarray(large[..., ::-1], np.uint8)

    def pillow() -> bytes:
        target = io.BytesIO()
        PilImage.fromarray(pixels).save(target, "png", compress_level=6)
        return target.getvalue()

    ways: dict[str, Callable[[], Any]] = {
        "PNG": lambda: encode_picture(pixels, "PNG", None, True, 100),
        "PNG, level 6 by Pillow": pillow,
        "JPEG": lambda: encode_picture(pixels, "JPEG", None, False, 92),
        "WebP": lambda: encode_picture(pixels, "WEBP", None, False, 95),
        "panels": lambda: find_panels(page),
    }
    times = alternate(ways, repeat)
    slow, ours = times["PNG, level 6 by Pillow"], times["PNG"]
    figures = {
        "seconds (wall, CPU)": {name: [round(s.wall, 3), round(s.cpu, 3)] for name, s in times.items()},
        "bytes": {"PNG": len(ways["PNG"]()), "PNG, level 6 by Pillow": len(pillow())},
    }
    return figures, [Ratio("encoding: PNG by Pillow / ours", slow.wall / ours.wall, slow.cpu / ours.cpu)]


def first_version() -> str | None:
    """The commit that brought the first weights; None where there is no history to look in."""
    if not has_git():
        return None
    asked = ["git", "log", "--diff-filter=A", "--format=%h", "--", "models/weights/default.safetensors"]
    commits = subprocess.check_output(asked, cwd=ROOT, text=True).split()
    return commits[-1] if commits else None


def has_git() -> bool:
    return shutil.which("git") is not None and (ROOT / ".git").exists()
