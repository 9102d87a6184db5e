"""The command line's options, declared once and shared by the commands; ``settings.py`` says more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from mangacolor.commands.settings_file import environment_name

F = TypeVar("F", bound=Callable[..., Any])


def option(*names: str, **attributes: Any) -> Callable[[F], F]:
    """``click.option`` with the environment variable ``MANGACOLOR_<NAME>``."""
    long_name = next(name for name in names if name.startswith("--"))
    variable = environment_name(long_name.partition("/")[0].lstrip("-"))
    return click.option(*names, envvar=variable, **attributes)


def _all(*options: Callable[[Any], Any]) -> Callable[[F], F]:
    def apply(function: F) -> F:
        for decorate in reversed(options):
            function = decorate(function)
        return function

    return apply


def _size(_context: click.Context, _parameter: click.Parameter, text: str | None) -> int | None:
    from mangacolor.pipeline.engine.memory import parse_size

    return None if text is None else parse_size(text)


panel_method_option = option(
    "--panel-method",
    type=click.Choice(["learnt", "lines"]),
    help="How panels are found: learnt, the default, asks a small network; lines does without.",
)

pixel_options = _all(
    option(
        "--scale",
        type=click.Choice(["auto", "1", "2", "4"]),
        help="Super-resolution; auto is the smallest of 1, 2, 4 that gives a long side of 2400 pixels.",
    ),
    option("--weights", metavar="NAME|PATH", help="Colour network; the bundled one by default."),
    option(
        "--direction",
        type=click.Choice(["rtl", "ltr"]),
        help="Reading order; by default what the chapter says, else rtl.",
    ),
    panel_method_option,
    option("--saturation", type=click.FloatRange(0, 4), help="Strength of the colours; 1 by default."),
    option("--force-color", is_flag=True, default=None, help="Colour pages that look coloured already, too."),
    option(
        "--harmonize/--no-harmonize",
        default=None,
        help="Whether pages are matched to each other's colours; by default they are.",
    ),
    option("--palette", metavar="FILE", help="Keep the locked colours of another chapter's palette.json."),
    option("--reference", metavar="PATH", help="Colours to follow: a coloured picture, or a folder of them."),
    option(
        "--own-reference/--no-own-reference",
        default=None,
        help="Whether the chapter's own coloured pages are followed; by default they are.",
    ),
    option("--hints", metavar="FILE", help="JSON list of {page, x, y, colour}: what colour is at a point."),
    option(
        "--upscaler",
        metavar="NAME|PATH",
        help="auto (manga-x2), animevideov3, anime-6b, x4plus, lanczos, or a .pth or .safetensors file.",
    ),
    option(
        "--upscale-backend",
        type=click.Choice(["spandrel", "realesrgan"]),
        help="Which library runs the super-resolution network; spandrel by default.",
    ),
    option("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:N or mps."),
    option(
        "--cpu-backend",
        type=click.Choice(["auto", "torch", "ncnn"]),
        help="What runs the networks on a CPU; auto is ncnn where it is installed, else torch.",
    ),
    option("--batch", type=click.IntRange(1), help="Tiles in one call of the network."),
)

input_options = _all(
    option(
        "--format",
        "output_form",
        type=click.Choice(["same", "folder", "cbz", "pdf"]),
        help="Form of the output; same, the default, is the input's (PDF and RAR become CBZ).",
    ),
    option("--max-pixels", type=click.IntRange(1), help="Refuse larger pages; 200 million by default."),
    option("--max-entries", type=click.IntRange(1), help="Refuse archives of more files; 20,000 by default."),
    option("--max-entry-size", type=click.IntRange(1), help="MiB one file may unpack to; 512 by default."),
    option("--max-unpacked", type=click.IntRange(1), help="MiB an archive may unpack to; 16,384 by default."),
    option("--max-ratio", type=click.IntRange(1), help="How far a file may be packed; 300 times by default."),
)

edits_option = option(
    "--edits",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Corrected panel JSON files, used instead of detection; OUT/.mangacolor/edits by default.",
)

selection_options = _all(
    input_options,
    edits_option,
    option("--until", metavar="STAGE", help="Stop each page after this stage and write no page."),
    option("--from", "start", metavar="STAGE", help="Redo this stage and what follows it; reuse the rest."),
    option("--pages", metavar="3,5-9", help="Only these pages of each chapter, counted from 1."),
    option("--force", is_flag=True, default=None, help="Do everything again and overwrite what is there."),
)

run_options = _all(
    selection_options,
    option("--jobs", type=click.IntRange(0), help="Pages worked on at once; one a core by default."),
    option(
        "--memory",
        metavar="SIZE",
        callback=_size,
        help="Memory to stay within, as 4G or 800M; by default most of what is free.",
    ),
    option(
        "--stage-timeout",
        type=click.FloatRange(0),
        metavar="SECONDS",
        help="Fail a page on which one stage takes longer; 3600 by default, 0 for no limit.",
    ),
    option(
        "--on-error",
        type=click.Choice(["skip", "copy"]),
        help="copy puts a page that fails into the output as it came; skip, the default, does not.",
    ),
    option(
        "--cluster",
        metavar="ADDRESS",
        help="Work on a Dask cluster, as tcp://host:8786; docs/guide/cluster.md.",
    ),
    option("--keep", is_flag=True, default=None, help="Keep every stage's pictures in OUT/.mangacolor."),
    option("--report", is_flag=True, default=None, help="Write OUT/.mangacolor/report.html about the run."),
    option("--json", is_flag=True, default=None, help="One JSON object a line on stdout, for scripts."),
    option("--quiet", is_flag=True, default=None, help="Say only what went wrong."),
)
