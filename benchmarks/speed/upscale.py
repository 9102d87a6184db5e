"""Super-resolution of a page by ours and by RealESRGANer with the same weights, in turns, on one core."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from mangacolor.benchmarks.speed.timing import Ratio, alternate, ratio
from mangacolor.core.types import Image
from mangacolor.models.runtime.backends import CpuBackend
from mangacolor.models.upscale.known import BY_NAME
from mangacolor.models.upscale.loader import load_upscaler
from mangacolor.models.upscale.realesrgan import realesrganer
from mangacolor.models.upscale.sources import known_state
from mangacolor.models.upscale.torch_form import describe
from mangacolor.stages.upscale.enlarge import lanczos, upscale_luma
from mangacolor.stages.upscale.params import DEFAULT_PARAMS
from mangacolor.stages.upscale.screentone import measure_damage
from mangacolor.stages.upscale.tiles import cut_drawn_tiles, find_drawn

NETWORK = "animevideov3"
SCALE = 2
GOALS: dict[CpuBackend, float] = {"torch": 2, "ncnn": 3}


def bench_upscale(page: Image, backends: list[CpuBackend], repeat: int) -> tuple[dict[str, Any], list[Ratio]]:
    """Figures and ratios for a page's luma, H×W uint8. Both ways end at the same size."""
    ours = {backend: load_upscaler(NETWORK, kernels=backend) for backend in backends}
    peer = whole_page_peer()
    ways: dict[str, Callable[[], Any]] = {
        **{f"ours ({name})": partial(upscale_luma, page, SCALE, one) for name, one in ours.items()},
        "RealESRGANer": lambda: peer(page),
        "lanczos": lambda: lanczos(page, SCALE),
        "screentone guard": lambda: measure_damage(page, page, DEFAULT_PARAMS.screentone),
    }
    times = alternate(ways, repeat)
    one = next(iter(ours.values()))
    boxes = cut_drawn_tiles(page, one.tile, one.area, one.multiple_of)
    figures = {
        "page": list(page.shape[::-1]),
        "scale": SCALE,
        "drawn": round(float(find_drawn(page).mean()), 3),
        "in windows": round(sum(w * h for _, _, w, h in boxes) / page.size, 3),
        "seconds (wall, CPU)": {name: [round(s.wall, 3), round(s.cpu, 3)] for name, s in times.items()},
    }
    return figures, [
        ratio(
            f"super-resolution ({name}): RealESRGANer / ours",
            times["RealESRGANer"],
            times[f"ours ({name})"],
            GOALS[name],
        )
        for name in backends
    ]


def whole_page_peer() -> Callable[[Image], Image]:
    """RealESRGANer as its users call it: the whole page at once, resized to ``SCALE``."""
    state = known_state(BY_NAME[NETWORK])
    upsampler = realesrganer(describe(state, NETWORK), state, NETWORK, "cpu")

    def enlarge(page: Image) -> Image:
        large: Image = upsampler.enhance(page, outscale=SCALE)[0]
        return large

    return enlarge
