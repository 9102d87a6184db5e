"""What a run can be told. One typed object travels from the command line to the stages.

``Options`` change pixels: each stage takes what concerns it through its ``configure`` function and
the result enters the cache key. ``RunOptions`` say what to do and how, and change no pixel;
``WatchOptions`` are of one command alone.
Precedence, lowest first: these defaults, ``mangacolor.toml``, ``MANGACOLOR_*``, the command line.

A field here is all that an option needs: flag, setting, environment variable and README's row are
made from it (``core.option_fields``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from mangacolor.core.option_fields import option_field

Direction = Literal[
    "rtl", "ltr"
]  # in which pages are read; here, since pictures take numpy, and this must not
Scale = Literal["auto", "1", "2", "4"]
OnError = Literal["copy", "skip", "fail"]

PIXELS: Final = ("colorize", "plan", "doctor", "watch", "studio")  # commands that ask how a page will look
FOUND: Final = ("colorize", "plan", "watch", "studio")  # those that look for work
CHOSEN: Final = ("colorize", "plan", "studio")  # those that are told what it is like
PLANNED: Final = ("colorize", "plan")  # and which part of it is to be done
RUNNING: Final = ("colorize", "watch", "studio")  # those that do it
KEEPING: Final = ("colorize", "studio")  # and take from OUT what has no source
TERMINAL: Final = ("colorize", "watch")  # those that tell of it in the terminal
RUN_ONCE: Final = ("colorize",)  # the one that does it once
WATCH: Final = ("watch",)


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that can change a pixel."""

    scale: Scale = option_field(
        "auto",
        "How much to enlarge; auto, page by page, is the smallest of 1, 2, 4 for a long side of 2400 pixels.",
        commands=PIXELS,
    )
    fit: str | None = option_field(  # see ``core.displays``
        None,
        "Bring pages to the size of a display: its pixels in portrait, its height, or a device's name, "
        "as kobo-libra-colour; `mangacolor displays` lists them.",
        metavar="WIDTHxHEIGHT|HEIGHT|DEVICE",
        commands=PIXELS,
    )
    levels: Literal["off", "auto"] = option_field(
        "off",
        "For washed-out scans: auto makes their ink black and their paper white, where both are found; "
        "off by default.",
        commands=PIXELS,
    )
    weights: str = option_field(  # a name of the weights table, or a path
        "default",
        "Colour network; the bundled one by default.",
        metavar="NAME|PATH",
        path=True,
        commands=PIXELS,
    )
    direction: Direction | None = option_field(
        None, "Reading order; by default what the chapter says, else rtl.", commands=PIXELS
    )
    panel_method: Literal["learnt", "lines"] = option_field(
        "learnt",
        "How panels are found: learnt, the default, asks a small network; lines does without.",
        commands=PIXELS,
    )
    saturation: float | Literal["eink"] | None = option_field(  # see ``core.displays.saturation_of``
        None,
        "Strength of the colours; 1 by default, and 1.5 (eink) for a device of --fit whose screen is colour "
        "e-ink.",
        minimum=0,
        maximum=4,
        commands=PIXELS,
    )
    force_color: bool = option_field(False, "Colour pages that look coloured already, too.", commands=PIXELS)
    harmonize: bool = option_field(
        True, "Whether pages are matched to each other's colours; by default they are.", commands=PIXELS
    )
    palette: str | None = option_field(
        None,
        "Keep the locked colours of another chapter's palette.json.",
        metavar="FILE",
        path=True,
        commands=PIXELS,
    )
    reference: str | None = option_field(
        None,
        "Colours to follow: a coloured picture, or a folder of them.",
        metavar="PATH",
        path=True,
        commands=PIXELS,
    )
    colours_from: str | None = option_field(
        None,
        "Take over the colours of these pages, coloured by anybody: a folder, an archive or a PDF.",
        metavar="PATH",
        path=True,
        commands=PIXELS,
    )
    own_reference: bool = option_field(
        True,
        "Whether the chapter's own coloured pages are followed; by default they are.",
        commands=PIXELS,
    )
    series: str | None = option_field(
        None,
        "Colours agreed with what FILE remembers of earlier pages; made and extended by the run.",
        metavar="FILE",
        path=True,
        commands=PIXELS,
    )
    hints: str | None = option_field(
        None,
        "JSON list of {page, x, y, colour}: what colour is at a point.",
        metavar="FILE",
        path=True,
        commands=PIXELS,
    )
    upscaler: str = option_field(
        "auto",
        "What enlarges: auto (manga-x2), animevideov3, anime-6b, x4plus, lanczos, or a file of weights.",
        metavar="NAME|PATH",
        path=True,
        commands=PIXELS,
    )
    upscale_backend: Literal["spandrel", "realesrgan"] = option_field(
        "spandrel",
        "Which library runs the network that enlarges; spandrel by default.",
        commands=PIXELS,
    )
    device: str = option_field(
        "auto", "What the networks run on: auto, cpu, cuda, cuda:N or mps.", metavar="DEVICE", commands=PIXELS
    )
    cpu_backend: Literal["auto", "torch", "ncnn"] = option_field(
        "auto",
        "What runs the networks on a CPU; auto is ncnn where it is installed, else torch.",
        commands=PIXELS,
    )
    batch: int = option_field(8, "Tiles in one call of a network; 8 by default.", minimum=1, commands=PIXELS)
    # A guard against hostile files that changes no pixel: not in any key (``stages.base.GUARD``).
    max_pixels: int = option_field(
        200_000_000, "Refuse pages of more pixels; 200 million by default.", minimum=1, commands=FOUND
    )


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What to run and how to tell about it."""

    output_form: Literal["same", "folder", "cbz", "pdf"] = option_field(
        "same",
        "Form of the output; same, the default, is the input's (PDF and RAR become CBZ).",
        flag="--format",
        commands=FOUND,
    )
    max_entries: int = option_field(
        20_000, "Refuse archives with more files; 20,000 by default.", minimum=1, commands=FOUND
    )
    max_entry_size: int = option_field(  # MiB
        512, "MiB one file may unpack to; 512 by default.", minimum=1, commands=FOUND
    )
    max_unpacked: int = option_field(  # MiB
        16_384, "MiB an archive may unpack to; 16,384 by default.", minimum=1, commands=FOUND
    )
    max_ratio: int = option_field(  # of unpacked to packed bytes; see ``formats.limits``
        300,
        "How many times its packed size a file may unpack to; 300 by default.",
        minimum=1,
        commands=FOUND,
    )
    names_encoding: str | None = option_field(  # a codec of Python
        None,
        "Encoding of names in archives that do not tell theirs, as cp932; by default the best guess.",
        metavar="ENCODING",
        commands=FOUND,
    )
    edits: Path | None = option_field(  # what they say is part of a page's keys
        None,
        "Corrected panel JSON files, used instead of detection; OUT/.mangacolor/edits by default.",
        metavar="DIR",
        commands=FOUND,
    )
    spreads: Literal["off", "auto"] = option_field(  # as ``edits``, what it finds is part of a page's keys
        "off",
        "auto finds drawings that are cut in two, half in each of two files, and colours them as one.",
        commands=CHOSEN,
    )
    learn: bool = option_field(
        False,
        "First learn the series from the coloured pages found among these, and from covers beside them.",
        commands=CHOSEN,
    )
    until: str | None = option_field(
        None, "Stop each page after this stage and write no page.", metavar="STAGE", commands=PLANNED
    )
    start: str | None = option_field(
        None,
        "Redo this stage and what follows it; reuse the rest.",
        flag="--from",
        metavar="STAGE",
        commands=PLANNED,
    )
    pages: str | None = option_field(
        None,
        "Only these pages of each chapter: numbers from 1, or names.",
        metavar="3,5-9",
        commands=PLANNED,
    )
    color_pages: str | None = option_field(  # as ``edits``, what they say is part of a page's keys
        None,
        "Colour these pages of each chapter, even blank ones and ones in colour already.",
        metavar="1,2-4",
        commands=CHOSEN,
    )
    copy_pages: str | None = option_field(
        None,
        "Copy these pages of each chapter as they are, even with --force-color.",
        metavar="3,5-9",
        commands=CHOSEN,
    )
    keep_removed: bool = option_field(
        False,
        "Leave pages in OUT whose source is gone; by default they are moved to OUT/.mangacolor/removed.",
        commands=KEEPING,
    )
    force: bool = option_field(False, "Do everything again and overwrite what is there.", commands=PLANNED)
    jobs: int = option_field(  # 0: one a core
        0, "Pages worked on at once; one a core by default.", minimum=0, commands=RUNNING
    )
    processes: int = option_field(  # 0: what is worth while; from Python, and for other commands, one
        0,
        "Processes that share the pages; by default one, and from 8 cores on one for every 4.",
        minimum=0,
        commands=RUN_ONCE,
    )
    memory: int = option_field(  # bytes for the whole run; 0: most of what is free
        0,
        "Memory for the whole run, as 4G or 1500M; by default most of what is free.",
        metavar="SIZE",
        size=True,
        commands=RUNNING,
    )
    stage_timeout: float = option_field(
        3600.0,
        "Fail a page on which one stage takes longer; 3600 by default, 0 for no limit.",
        minimum=0,
        metavar="SECONDS",
        commands=RUNNING,
    )
    on_error: OnError = option_field(
        "copy",
        "A page that fails: copy, the default, takes it as it came; skip leaves it out; "
        "fail writes no archive without it.",
        commands=RUNNING,
    )
    cluster: str | None = option_field(
        None,
        "Work on a Dask cluster, as tcp://host:8786; docs/guide/cluster.md.",
        metavar="ADDRESS",
        commands=RUNNING,
    )
    keep: bool = option_field(False, "Keep every stage's pictures in OUT/.mangacolor.", commands=RUNNING)
    report: bool = option_field(False, "Write OUT/.mangacolor/report.html about the run.", commands=RUN_ONCE)
    json: bool = option_field(False, "One JSON object a line on stdout, for scripts.", commands=TERMINAL)
    quiet: bool = option_field(False, "Say only what went wrong.", commands=TERMINAL)


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """What only ``mangacolor watch`` is told."""

    settle: float = option_field(
        10.0,
        "A file is taken once it has not changed for so long; 10 by default.",
        metavar="SECONDS",
        minimum=0,
        commands=WATCH,
    )
    once: bool = option_field(False, "Colour what is there and end, as for cron.", commands=WATCH)
    poll: bool = option_field(
        False,
        "Look at the folder every few seconds, where the system does not tell of changes; "
        "on network shares of Linux that is the default.",
        commands=WATCH,
    )
    then: str | None = option_field(
        None,
        "Run this after each chapter, with the path of the result as its last argument; no shell.",
        metavar="COMMAND",
        commands=WATCH,
    )
    komga: str | None = option_field(
        None,
        "Have Komga at this address scan its libraries; its key is in MANGACOLOR_KOMGA_TOKEN.",
        metavar="URL",
        commands=WATCH,
    )
    kavita: str | None = option_field(
        None,
        "Have Kavita at this address scan its libraries; its key is in MANGACOLOR_KAVITA_TOKEN.",
        metavar="URL",
        commands=WATCH,
    )
