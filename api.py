"""The Python functions that ``import mangacolor`` offers. Options are the fields of ``settings.Options``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mangacolor.core.errors import UsageError
from mangacolor.core.option_fields import OptionField, checked_value, option_fields
from mangacolor.core.settings import Direction, Options, RunOptions
from mangacolor.core.types import Artifact, Chapter, Image, Page, Panel
from mangacolor.core.wording import did_you_mean
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.events import Event, RunResult


@dataclass(frozen=True, slots=True)
class _ArraySource:
    """A page that is an array in memory: its file is the array as PNG."""

    image: Image = field(repr=False)

    def read(self) -> bytes:
        from mangacolor.formats.writers import encode_png

        return encode_png(self.image)

    def describe(self) -> str:
        return "the image given"


def colorize_page(image: Image, **options: Any) -> Image:
    """Colour one page: what the command makes of a chapter that holds nothing else.

    ``image`` is uint8, H×W (grey) or H×W×3 (RGB); it is not changed. Returns uint8 H'×W'×3 RGB, larger
    than the page if ``scale`` asks for it (``scale="1"`` keeps the size), and of a display's size with
    ``fit``. A page that is blank or coloured already comes back as it is, unless ``force_color=True``.

    Raises ``UsageError`` for another kind of array, an unknown option or a value that it does not take,
    ``SetupError`` if weights or a device are unusable, ``PageError`` if the page cannot be done.
    """
    from mangacolor.pipeline.engine.references import References
    from mangacolor.pipeline.engine.single_page import PageRunner
    from mangacolor.stages.registry import graph_of

    _check_image(image)
    page = Page("page.png", 1, _ArraySource(np.ascontiguousarray(image)))
    chosen = _options(Options, options)
    graph = graph_of(chosen)
    runner = PageRunner(graph)
    references = References(graph, chosen, runner=runner).find
    artifacts = runner.run(page, Chapter("", (page,)), chosen, until="reassemble", references=references)
    height, width = artifacts["decode"].images["main"].shape[:2]
    return _fitted(
        artifacts["reassemble" if "reassemble" in artifacts else "decode"], chosen, (width, height)
    )


def _fitted(artifact: Artifact, options: Options, size: tuple[int, int]) -> Image:
    """A page of (width, height) at the size of the display that the options name, if they do."""
    from mangacolor.core.displays import display_of
    from mangacolor.stages.fit import fit_page

    display, pixels = display_of(options), artifact.images["main"]
    return pixels if display is None else fit_page(pixels, size, display.frame, options.scale)


def find_panels(
    image: Image, direction: Direction = "rtl", method: Literal["learnt", "lines"] = "learnt"
) -> list[Panel]:
    """The panels of a page (uint8, H×W or H×W×3 RGB), in reading order. Never empty.

    ``lines`` does without the network.

    ``stages.panels.find_panels`` also gives the page's ground and what lies outside of all panels. Raises
    ``UsageError`` for another kind of array, an unknown direction or method.
    """
    from mangacolor.stages.panels import find_panels as find

    _check_image(image)
    _options(Options, {"direction": direction, "panel_method": method})
    return [panel for panel in find(image, direction, method).panels if not panel.residual]


def colorize_chapter(
    src: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    listener: Callable[[Event], None] | None = None,
    cancel: CancelToken | None = None,
    **options: Any,
) -> RunResult:
    """Colour a folder, a tree of chapters or single images into the folder ``out``, as the command does.

    ``options`` are those of the command with underscores, or fields of ``Options`` and ``RunOptions``
    (``start`` is ``--from``, which Python has no name for). ``listener`` gets every event. Pages that fail
    are in the result's ``failures``; ``status`` is the command's exit status. All is done in this process,
    unless ``processes`` says more than one.

    Raises ``UsageError``, ``InputError``, ``SetupError`` or ``OutputError`` where nothing can be done.
    """
    from mangacolor.pipeline.run import run
    from mangacolor.training.series import learner_of

    inputs = [Path(src)] if isinstance(src, str | Path) else [Path(path) for path in src]
    chosen, run_options = _settings(options, Options, RunOptions)
    return run(
        inputs,
        Path(out),
        chosen,
        run_options,
        emit=listener or (lambda _event: None),
        cancel=cancel,
        learner=learner_of(run_options),
    )


def _options(kind: type[Any], given: dict[str, Any]) -> Any:
    """One settings dataclass; see ``_settings``."""
    return _settings(given, kind)[0]


def _settings(given: dict[str, Any], *kinds: type[Any]) -> list[Any]:
    """Settings dataclasses, each with what belongs to it.

    Raises ``UsageError`` for an unknown option, or a value that it does not take.
    """
    by_kind = [_named(kind) for kind in kinds]
    known = {name: field for fields in by_kind for name, field in fields.items()}
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known) or f"Options: {', '.join(known)}."
            raise UsageError(f"unknown option {name!r}", hint)
    try:
        values = {name: _value(known[name], value) for name, value in given.items()}
    except ValueError as error:
        raise UsageError(str(error), "`mangacolor colorize --help` says what each option is for.") from None
    return [
        kind(**{fields[name].name: value for name, value in values.items() if name in fields})
        for kind, fields in zip(kinds, by_kind, strict=True)
    ]


def _named(kind: type[Any]) -> dict[str, OptionField]:
    """The options of a settings dataclass, by the names of its fields and those of the command line."""
    fields = option_fields(kind).values()
    return {name: field for field in fields for name in (field.long_name.replace("-", "_"), field.name)}


def _value(option: OptionField, given: Any) -> Any:
    """A value as the option has it. Raises ``ValueError``, or ``UsageError`` for a size that is none."""
    if option.info.size and isinstance(given, str):
        from mangacolor.pipeline.engine.memory import parse_size

        return parse_size(given)
    is_scale = option.name == "scale" and isinstance(given, int)
    return checked_value(option, str(given) if is_scale else given)


def _check_image(image: object) -> None:
    shape: tuple[int, ...] = getattr(image, "shape", ())
    fits = len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or not fits or 0 in shape:
        kind = f"{getattr(image, 'dtype', type(image).__name__)} of shape {shape}"
        raise UsageError(
            f"a page must be uint8, H×W or H×W×3, not {kind}",
            "Convert it first; of a file: numpy.asarray(PIL.Image.open(path).convert('RGB')).",
        )
