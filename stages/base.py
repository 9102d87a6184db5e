"""What a stage is: a function of a page (or a chapter) and its inputs, with a name, needs and a typed
configuration.

A stage file defines a frozen ``Config`` dataclass, ``configure(options, chapter) -> Config``,
``run(context: StageContext[Config], inputs) -> Artifact`` and one ``STAGE = Stage(...)``;
``stages/registry.py`` lists it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, Protocol, TypeVar

from mangacolor.core.arrays import AnyArray
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Image, Inputs, KnownChapters, Page
from mangacolor.stages.demand import Demand, PageSize, usual_demand

T = TypeVar("T")
C = TypeVar("C")  # a stage's configuration
C_co = TypeVar("C_co", covariant=True)
Lane = Literal["cpu", "device", "io"]
# For a field of a stage's ``Config`` that refuses pages but changes no pixel, or names a file whose content
# counts otherwise: not in any cache key.
# ``limit: int = field(metadata=GUARD)``
GUARD: Final[Mapping[str, bool]] = {"guard": True}
# For a field of a ``Config`` that is part of a key only where it differs from its default.
WHERE_SET: Final[Mapping[str, bool]] = {"where_set": True}
# What a ``summary`` may say that the engine tells of a page.
PANEL_COUNT: Final = "panels"  # how many panels it has
WHY_COPIED: Final = "copied"  # why it is copied, in a few words: "blank"
CAME_COLOURED: Final = "coloured"  # it is in colour already, so that it shows the chapter's right colours
Summary = Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class Redraw(Generic[C]):
    """What a stage makes of a page that is copied, instead of the source's bytes.

    ``wanted``: whether the configuration asks for it; then the stage's configuration is part of the file's
    key. ``run``: the finished file, its ``blob`` and ``data`` as of the stage itself; None where the source
    is what it would be.
    """

    wanted: Callable[[C], bool]
    run: Callable[[StageContext[C]], Artifact | None]


class StageContext(Protocol[C_co]):
    """What the engine hands to a running stage, besides its inputs."""

    page: Page
    chapter: Chapter
    device: str  # resolved: "cpu", "cuda:0", "mps"; in ``prepare`` always "cpu"
    source: bytes  # the page's file, as read from its source

    @property
    def config(self) -> C_co:
        """What the stage's ``configure`` made."""

    @property
    def prepared(self) -> Any:
        """What the stage's ``prepare`` made; None for a stage without."""

    def resource(self, key: Hashable, make: Callable[[], T]) -> T:
        """``make()`` once a run and lane, then the same object: for loaded models."""

    def check_cancelled(self) -> None:
        """Raise ``Cancelled`` if the run is to stop. Call it between tiles."""

    def count(self, counter: str, amount: int = 1) -> None:
        """Add to a counter of the run; ``network_calls`` counts calls of the colour network."""

    def warn(self, message: str) -> None:
        """Tell the user something about this page that is not an error."""


@dataclass(frozen=True, slots=True)
class Stage(Generic[C]):
    """A named step of the graph.

    ``needs``: stages whose artifacts it reads. ``version``: raise it when the same configuration
    gives other pixels than before. ``configure`` makes the part of the cache key that options
    decide; ``fingerprint`` adds what configuration names only indirectly (a hash of weights), and
    ``page_fingerprint`` what lies beside the page's own file (a correction). ``memory_key``: what decides
    whether features of its artifacts that a series remembers can be compared with those of today.
    ``decides``: its ``outcome`` may end the page, so stages that it does not rest on wait for it.
    ``keep``: ``always`` for small artifacts, ``asked`` for large ones (written with ``--keep`` or
    when named by ``--until``). ``soon_made``: whether an artifact that would always be kept is made again as
    soon as it is read, and so is kept when asked only.
    ``preview`` draws ``<stage>.png`` for a stage with no ``main`` image.

    ``prepare``: the part of the work that needs no device. It runs on the cpu lane before ``run``, which
    finds its result in ``context.prepared``: the device then does another page meanwhile. Its seconds are the
    stage's; the result is neither kept nor part of a key.
    ``finish``: the part that needs the device no more. It runs on the cpu lane after ``run``, gets what that
    gave, whatever it is, and makes the artifact of it.
    ``check``: called once a run with the chapters that it knows, before any page is read; raises
    ``UsageError`` where the options do not fit them. ``summary``: what to tell of a page, by
    ``PANEL_COUNT``, ``WHY_COPIED`` and ``CAME_COLOURED``.
    ``figures``: further pictures for a report, by name, from the data that the stage left and the source
    page (H×W×3 RGB), each at most so many pixels a side.
    ``load``: loads what ``run`` will need for a page of this size, on the stage's lane, before the first page
    is worked on: what is unusable then ends the run (``SetupError``) at its beginning.
    ``demand``: the seconds and bytes that a page is expected to take, from the configuration and its size.
    ``redraw``: what it makes of pages that are copied; for a stage that gives the finished file.
    """

    name: str
    run: Callable[[StageContext[C], Inputs], object]  # an Artifact where there is no ``finish``
    configure: Callable[[Options, Chapter], C]
    needs: tuple[str, ...] = ()
    version: int = 1
    lane: Lane = "cpu"
    keep: Literal["always", "asked"] = "always"
    soon_made: Callable[[Artifact], bool] | None = None
    decides: bool = False
    fingerprint: Callable[[C], str] | None = None
    page_fingerprint: Callable[[Page], str] | None = None
    memory_key: Callable[[C], tuple[str, ...]] | None = None
    preview: Callable[[Artifact, Inputs], Image] | None = None
    prepare: Callable[[StageContext[C], Inputs], object] | None = None
    finish: Callable[[StageContext[C], Inputs, Any], Artifact] | None = None
    check: Callable[[Options, KnownChapters], None] | None = None
    summary: Callable[[Artifact], Summary] | None = None
    figures: Callable[[Mapping[str, Any], Image, int], Mapping[str, Image]] | None = None
    load: Callable[[StageContext[C], PageSize], None] | None = None
    demand: Callable[[C, PageSize], Demand] = usual_demand
    redraw: Redraw[C] | None = None


class Memory(Protocol):
    """What chapter stages know of the earlier pages of a series: arrays by name, none at first."""

    def recall(self) -> Mapping[str, AnyArray]:
        """All that is remembered. Never write into it."""

    def remember(self, change: Callable[[Mapping[str, AnyArray]], Mapping[str, AnyArray]]) -> None:
        """Replace what is remembered by what ``change`` makes of it. Nobody else changes it meanwhile."""


class ChapterContext(Protocol[C_co]):
    """What the engine hands to a running chapter stage."""

    chapter: Chapter
    document: Mapping[str, Any] | None  # the stage's ``file`` as it lies there, perhaps edited
    sources: Mapping[str, str]  # for each page by name the sha256, in hex, of its file
    memory: Memory | None  # of the series, where one is kept

    @property
    def config(self) -> C_co:
        """What the stage's ``configure`` made."""

    def check_cancelled(self) -> None:
        """Raise ``Cancelled`` if the run is to stop. Call it between pages."""

    def write(self, document: Mapping[str, Any]) -> None:
        """Leave the stage's ``file`` for people to read and edit. JSON-able."""

    def warn(self, page: str, message: str) -> None:
        """Tell the user something about a page of this name that is not an error."""

    def glance(self, page: str, stage: str, pictures: Callable[[str], bool]) -> Artifact:
        """What a stage of ``needs`` left of a page, with those alone of its images and maps whose names
        ``pictures`` wants: the others are not read from the disk."""

    def references(self) -> Iterator[Artifact]:
        """What ``see_reference`` made of each coloured page that shows the right colours: the chapter's own,
        and those that the options name. Made when asked for, and kept; may call the network."""


@dataclass(frozen=True, slots=True)
class ChapterStage(Generic[C]):
    """A step that looks at every page of a chapter and hands each an artifact of its own.

    ``run`` gets the artifacts of ``needs`` by page name, in reading order. They are read from the disk
    when they are looked up: hold a page a core at most, and memory stays flat. Pages that failed or were
    copied are not among them. It returns an artifact without images for every page.

    ``needs`` must be kept always, and must not rest on another chapter stage. A page's key takes in the
    *content* of what it was handed, so quantise it: a page is redone only if its own correction moved.
    ``file`` names a JSON document in the chapter's state folder that the stage ``write``s and people may
    edit. ``edits`` picks from it what people have decided, JSON-able, which enters the key; it raises
    ``UsageError`` for what it cannot read. ``preview`` draws ``<stage>.png`` of what a page was handed.
    ``neutral`` is the artifact that changes nothing. Pages get it where ``configure`` returns None, where the
    stage is ``idle`` by its configuration, its ``file`` and what is remembered, and with ``--pages`` unless
    the stage is ``partial``: makes sense of some of a chapter's pages. Nothing then waits for other pages.
    ``see_reference``: what counts of a coloured page that shows the way, of its artifacts of
    ``reference_needs``, made as if it were grey and alone; the result is kept and must be small.
    ``reference_version`` is raised when these count otherwise than before, and chapters without any are as
    they were. ``check`` is as in ``Stage``. ``remembers``: the
    stage by whose network ``context.memory`` is ordered, for a stage that has one: what another network saw
    is of no use to it.
    """

    name: str
    run: Callable[[ChapterContext[C], Mapping[str, Inputs]], Mapping[str, Artifact]]
    configure: Callable[[Options, Chapter], C | None]
    needs: tuple[str, ...]
    neutral: Callable[[], Artifact]
    version: int = 1
    file: str = ""
    edits: Callable[[Mapping[str, Any]], object] | None = None
    preview: Callable[[Artifact, Inputs], Image] | None = None
    reference_needs: tuple[str, ...] = ()
    see_reference: Callable[[Inputs], Artifact] | None = None
    reference_version: int = 1
    remembers: str = ""
    check: Callable[[Options, KnownChapters], None] | None = None
    idle: Callable[[C, Mapping[str, Any] | None, Memory | None], bool] | None = None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class NoConfig:
    """The configuration of a stage that has nothing to configure."""


def no_config(_options: Options, _chapter: Chapter) -> NoConfig:
    return NoConfig()
