"""What a run can be told. One typed object travels from the command line to the stages.

``Options`` change pixels: each stage takes what concerns it through its ``configure`` function and
the result enters the cache key. ``RunOptions`` say what to do and how, and change no pixel.
Precedence, lowest first: these defaults, ``mangacolor.toml``, ``MANGACOLOR_*``, the command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mangacolor.core.types import Direction

Scale = Literal["auto", "1", "2", "4"]


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that can change a pixel."""

    scale: Scale = "auto"
    panel_method: Literal["learnt", "lines"] = "learnt"  # lines: panels without a network
    weights: str = "default"  # a name of the weights table, or a path
    direction: Direction | None = None  # None: the chapter's own word, else rtl
    saturation: float = 1.0
    force_color: bool = False  # colour pages that look coloured already
    harmonize: bool = True
    palette: str | None = None  # path of a palette whose locked groups keep their colours
    reference: str | None = None  # path of a coloured picture, or of a folder of them
    own_reference: bool = True  # take the chapter's own coloured pages for references, too
    hints: str | None = None  # path of a JSON file of points and their colours
    device: str = "auto"  # auto, cpu, cuda, cuda:N, mps
    cpu_backend: Literal["auto", "torch", "ncnn"] = "auto"  # what runs networks on a CPU; auto: ncnn if there
    batch: int = 8  # tiles in one network call
    upscaler: str = "auto"  # auto, manga-x2, animevideov3, anime-6b, x4plus, lanczos, or a path
    upscale_backend: Literal["spandrel", "realesrgan"] = "spandrel"
    max_pixels: int = 200_000_000  # of one page; refused above, so that a hostile file cannot fill memory.
    # A guard, no pixel: not in any key (``stages.base.GUARD``).


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What to run and how to tell about it."""

    until: str | None = None
    start: str | None = None  # --from
    edits: Path | None = None  # corrected Panels JSON; None: OUT/.mangacolor/edits. Part of a page's keys
    pages: str | None = None  # "3,5-9", counted from 1 in each chapter
    keep: bool = False
    report: bool = False
    force: bool = False
    on_error: Literal["skip", "copy"] = "skip"  # copy: a page that fails goes out as it came
    output_form: Literal["same", "folder", "cbz", "pdf"] = "same"  # --format, of the output
    max_entries: int = 20_000  # of an archive
    max_entry_size: int = 512  # MiB that one file of an archive may unpack to
    max_unpacked: int = 16_384  # MiB that an archive may unpack to
    max_ratio: int = 300  # of unpacked to packed bytes, for files above 16 MiB
    jobs: int = 0  # 0: one a core
    memory: int = 0  # bytes for the whole process; 0: most of what is free
    stage_timeout: float = 3600.0  # seconds a stage may take for one page; 0: no limit
    cluster: str | None = None  # address of a Dask scheduler, whose workers then do the work
    json: bool = False
    quiet: bool = False
