"""Bytes of a page in, bytes of a page out: the stages of one page, with networks that stay loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from mangacolor.core.displays import display_of
from mangacolor.core.errors import MangacolorError, OutputError, UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Image, Page
from mangacolor.formats.option_files import picture_files
from mangacolor.formats.pixels import decode_picture
from mangacolor.formats.sniff import FORMATS_READ, HEAD, image_kind
from mangacolor.formats.writers import LIMITS, encode_picture
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.context import Context
from mangacolor.pipeline.engine.memory import page_size
from mangacolor.pipeline.engine.references import KeptReferences, References
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.pipeline.series import SeriesMemory
from mangacolor.pipeline.store.keys import digest, make_recipe
from mangacolor.server.http.refusal import Refusal, refusal_of
from mangacolor.server.pages import Answer, Form, PageRequest, media_type_of
from mangacolor.server.series import Series, SeriesShelf
from mangacolor.stages import classify, decode, encode, kinds, reassemble, upscale
from mangacolor.stages.base import WHY_COPIED
from mangacolor.stages.demand import PageSize

# Quality of a JPEG where the protocol wants one; as the stage ``encode`` has it.
JPEG_QUALITY: Final = encode.Config().jpeg_quality
NO_CHAPTER: Final = Chapter("", ())
Tell = Callable[[str], None]
_Stamp: TypeAlias = tuple[str, int, int]  # a file's name, size and time, ns
_SUFFIXES: Final = {"jpeg": ".jpg", "jpeg2000": ".jp2", "tiff": ".tif"}  # of other kinds, their own name


class PageEngine:
    """Makes answers, on any thread. ``shelf``: the series it knows. ``references``: what was seen in coloured
    pages that show the way; None sees them anew for each page. ``tell`` gets what users should know."""

    def __init__(
        self,
        runner: PageRunner,
        shelf: SeriesShelf,
        tell: Tell = lambda _text: None,
        references: KeptReferences | None = None,
    ) -> None:
        self._runner = runner
        self._shelf = shelf
        self._tell = tell
        self._references = references

    def check(self, page: PageRequest) -> PageSize:
        """The page's size. Raises ``Refusal`` for what is no picture, or one that is too large."""
        kind = image_kind(page.data[:HEAD])
        if kind is None:
            raise Refusal(415, "not a picture", f"These are read: {FORMATS_READ}.")
        size = page_size(page.data, page.options.scale)
        most = page.options.max_pixels
        if size.pixels > most or size.output_pixels > most:
            larger = f", enlarged {size.scale} times" if size.pixels <= most else ""
            raise Refusal(
                413,
                f"the page has {size.width}×{size.height} pixels{larger}; the limit is {most:,}",
                "Start the server with a larger --max-pixels, or ask for a smaller scale.",
            )
        return size

    def key(self, page: PageRequest) -> str:
        """A hash of all that decides the answer; of a series, what the user has put into its folder too.

        Raises ``Refusal`` where a network, a palette or a reference is unusable.
        """
        series = self._shelf.find(page.series)
        options = series.options(page.options) if series else page.options
        try:
            begun = self._shelf.begun(series) if series else ""
            fits = page.colour and display_of(options) is not None
            targets = (encode.STAGE.name,) if fits else _targets(page)
            mark = _mark(self._runner, options, targets, _stamps_of(options))
        except MangacolorError as error:
            raise refusal_of(error, self._shelf.folder) from error
        content = hashlib.sha256(page.data).hexdigest()
        return digest([content, mark, series.folder.name if series else "", begun, page.form, page.visitor])

    def colour(self, page: PageRequest, cancel: CancelToken) -> Answer:
        """The answer for a page. Raises ``Refusal``."""
        self.check(page)
        series = self._shelf.find(page.series)
        options = series.options(page.options) if series else page.options
        try:
            source = _source(page.data)
            artifacts = self._run(source, options, _targets(page), series if page.colour else None, cancel)
            why = _why_left(artifacts)
            if why is not None:
                return _left(page, source, options, why, cancel)
            return _coloured(page, options, artifacts)
        except MangacolorError as error:
            raise refusal_of(error, self._shelf.folder) from error

    def load(self, page: PageRequest, cancel: CancelToken) -> None:
        """Load the networks that a page needs. Raises ``SetupError`` and what else stages raise."""
        self._run(_source(page.data), page.options, _targets(page), None, cancel)

    def _run(
        self,
        page: Page,
        options: Options,
        targets: tuple[str, ...],
        series: Series | None,
        cancel: CancelToken,
    ) -> dict[str, Artifact]:
        memory = self._memory_of(series) if series else None
        try:
            return self._runner.run(
                page,
                Chapter("", (page,)),
                options,
                until=targets,
                references=References(self._runner.graph, options, self._references, self._runner).find,
                cancel=cancel,
                memory=memory,
            )
        finally:
            for note in memory.take_notes() if memory else ():
                self._tell(note)

    def _memory_of(self, series: Series) -> SeriesMemory | None:
        """What is remembered of its pages; a disk that takes no folder for it keeps nobody from reading."""
        try:
            return self._shelf.memory_of(series)
        except OutputError as error:
            self._tell(f"{error.message}: a page is not remembered")
            return None


class _Received:
    """The source of a page that came over the line."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self) -> bytes:
        return self._data

    def describe(self) -> str:
        return "the page"


def _source(data: bytes) -> Page:
    """A page under a name that fits its kind: the stage that encodes goes by it."""
    kind = image_kind(data[:HEAD]) or ""
    return Page(f"page{_SUFFIXES.get(kind, '.' + kind)}", 1, _Received(data))


def _targets(page: PageRequest) -> tuple[str, ...]:
    """The last stages that the answer needs."""
    if not page.colour:
        return kinds.STAGE.name, upscale.STAGE.name
    return (reassemble.STAGE.name if page.form == "jpeg" else encode.STAGE.name,)


def _coloured(page: PageRequest, options: Options, artifacts: Mapping[str, Artifact]) -> Answer:
    """The answer for a page that went through its stages."""
    if not page.colour:
        return _picture(artifacts[upscale.STAGE.name].images["main"], "PNG")
    if page.form == "jpeg":
        pixels, facts = artifacts[reassemble.STAGE.name].images["main"], artifacts[decode.STAGE.name].data
        return _picture(encode.fitted(encode.configure(options, NO_CHAPTER), facts, pixels), "JPEG")
    blob = artifacts[encode.STAGE.name].blob
    assert blob is not None
    return Answer(blob, media_type_of(blob))


def _why_left(artifacts: Mapping[str, Artifact]) -> str | None:
    """Why a page is not to be coloured; None where it is."""
    for stage in (classify.STAGE, kinds.STAGE):
        decided = artifacts.get(stage.name)
        if decided is not None and decided.outcome == "copy":
            return str(stage.summary(decided)[WHY_COPIED]) if stage.summary else ""
    return None


def _left(page: PageRequest, source: Page, options: Options, why: str, cancel: CancelToken) -> Answer:
    """The answer for a page that is not to be coloured: as it came, or at the size of the display."""
    config = encode.configure(options, NO_CHAPTER)
    if page.colour and config.frame is not None:
        chapter = Chapter("", (source,))
        context = Context(source, chapter, config, "cpu", page.data, lambda _key, make: make(), cancel.check)
        artifact = encode.redraw(context)
        if artifact is not None and artifact.blob is not None:
            return _in_form(page.form, artifact.blob, options.max_pixels)
    return Answer(page.data, media_type_of(page.data), why)


def _in_form(form: Form, blob: bytes, max_pixels: int) -> Answer:
    """A picture file, written as JPEG where that is wanted and it is none."""
    media_type = media_type_of(blob)
    if form == "same" or media_type == "image/jpeg":
        return Answer(blob, media_type)
    return _picture(decode_picture(blob, "the page", max_pixels).pixels, "JPEG")


def _stamps_of(options: Options) -> tuple[_Stamp, ...]:
    """Name, size and time of the files that options name: other files, other answers."""
    files = [Path(path) for path in (options.palette, options.weights) if path]
    with suppress(UsageError):  # where no reference is, who needs one says so
        files += picture_files(Path(options.reference)) if options.reference else []
    found = []
    for file in files:
        with suppress(OSError):  # the name of a network, as a rule
            status = file.stat()
            found.append((file.name, status.st_size, status.st_mtime_ns))
    return tuple(found)


@lru_cache(maxsize=256)
def _mark(runner: PageRunner, options: Options, targets: tuple[str, ...], _stamps: tuple[_Stamp, ...]) -> str:
    """A hash of the stages, their configurations and weights; ``_stamps`` tell when files have changed."""
    recipe = make_recipe(runner.graph, options, NO_CHAPTER, targets)
    return digest(f"{name} {mark}" for name, mark in sorted(recipe.marks.items()))


def _picture(pixels: Image, form: str) -> Answer:
    """H×W or H×W×3 pixels as a file."""
    height, width = pixels.shape[:2]
    if max(height, width) > LIMITS[form]:
        raise Refusal(422, f"{form} holds no picture of {width}×{height} pixels", "Ask for a smaller scale.")
    rgb = np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels
    data = encode_picture(rgb, form, None, lossless=form == "PNG", quality=JPEG_QUALITY)
    return Answer(data, media_type_of(data))
