"""Super-resolution of one page: ours, part by part, against RealESRGANer with the same weights.

    python benchmarks/bench_upscale.py [PAGE] [--scale 2] [--network animevideov3] [--threads 1]
                                       [--repeat 2] [--json FILE]

Both work on the page's luma and give the same size. Times are given on the wall and in CPU seconds
of this process; on a busy machine only the latter say much. The two ways alternate in one run.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mangacolor.models.realesrgan_backend import realesrganer
from mangacolor.models.super_resolution import describe, load_upscaler
from mangacolor.models.super_resolution_files import known_state
from mangacolor.models.super_resolution_table import BY_NAME
from mangacolor.nouns import Image
from mangacolor.stages.screentone import damage
from mangacolor.stages.upscale_luma import lanczos, upscale_luma
from mangacolor.stages.upscale_tiles import drawn, windows

Times = dict[str, tuple[float, float]]


def main() -> int:
    arguments = parse()
    import torch

    torch.set_num_threads(arguments.threads)
    page = read_luma(arguments.page)
    scale = arguments.scale
    ours = load_upscaler(arguments.network)
    peer = whole_page_peer(arguments.network)
    ways: dict[str, Callable[[], Any]] = {
        "ours": lambda: upscale_luma(page, scale, ours),
        "RealESRGANer": lambda: peer(page, scale),
        "lanczos": lambda: lanczos(page, scale),
        "screentone guard": lambda: damage(page, page),
        "windows": lambda: windows(page, ours.tile, ours.grain),
    }
    times: Times = {}
    for name in [name for _ in range(arguments.repeat) for name in ways]:
        seconds = clock(ways[name])
        times[name] = min(times.get(name, seconds), seconds)
    boxes = windows(page, ours.tile, ours.grain)
    result = {
        "page": list(page.shape[::-1]),
        "scale": scale,
        "network": arguments.network,
        "threads": arguments.threads,
        "drawn": round(float(drawn(page).mean()), 3),
        "in windows": round(sum(w * h for _, _, w, h in boxes) / page.size, 3),
        "seconds (wall, CPU)": {name: [round(s, 3) for s in pair] for name, pair in times.items()},
        "RealESRGANer / ours (wall, CPU)": [
            round(theirs / mine, 2) for theirs, mine in zip(times["RealESRGANer"], times["ours"], strict=True)
        ],
    }
    text = json.dumps(result, indent=2)
    sys.stdout.write(text + "\n")
    if arguments.json:
        arguments.json.write_text(text + "\n")
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = next(iter(sorted(Path("examples/chapter").glob("*.[pjw]*"))), None)
    parser.add_argument("page", nargs="?", type=Path, default=default)
    parser.add_argument("--scale", type=int, choices=(2, 4), default=2)
    parser.add_argument("--network", default="animevideov3")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def read_luma(path: Path) -> Image:
    read = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if read is None:
        raise SystemExit(f"{path} is no picture that OpenCV reads")
    return np.asarray(read, np.uint8)


def whole_page_peer(network: str) -> Callable[[Image, int], Image]:
    """RealESRGANer as its users call it: the whole page at once, resized to the scale asked for."""
    state = known_state(BY_NAME[network])
    upsampler = realesrganer(describe(state, network), state, network, "cpu")

    def enlarge(page: Image, scale: int) -> Image:
        large: Image = upsampler.enhance(page, outscale=scale)[0]
        return large

    return enlarge


def clock(work: Callable[[], Any]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    sys.exit(main())
