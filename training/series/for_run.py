"""``--learn``: before a run colours its pages, the coloured ones among them teach its network."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from mangacolor.core.atomic import output_errors, write_atomic
from mangacolor.core.devices import resolve_device
from mangacolor.core.errors import SetupError, UsageError
from mangacolor.core.installed import TRAINING, need_torch
from mangacolor.core.settings import Options
from mangacolor.core.system.files import move_file, remove_file
from mangacolor.core.wording import counted, first_few
from mangacolor.models.colour.segment_embedding import KINDS, embedding_fingerprint, embedding_path
from mangacolor.models.colour.series.weights import open_weights
from mangacolor.models.files.known import find_weights
from mangacolor.models.files.reading import weights_fingerprint, weights_path
from mangacolor.models.files.segment_cohort import ENDING as COHORT_ENDING
from mangacolor.models.files.segment_cohort import cohort_path
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.events import Announced, Listener
from mangacolor.pipeline.plan import Foreseen
from mangacolor.pipeline.preparation import WorkPlan
from mangacolor.pipeline.store.keys import digest
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.colorize.stage import STAGE as COLORIZE
from mangacolor.training.display import Pace, Tell, silent
from mangacolor.training.series.at_hand import (
    Coloured,
    find_coloured,
    pages_beside,
    read_coloured,
    read_kinds,
    write_kinds,
)
from mangacolor.training.series.pages import MOST_PAGES, spread_order

FOLDER: Final = "learnt"  # in the state folder
MINUTES: Final = 5.0
# Raised when the same pages give another file than before.
VERSION: Final = "1"
# Times that a piece of work is told of, where it is one of many steps.
LINES: Final = 5
NOTHING_TO_LEARN_FROM: Final = (
    "--learn: no coloured page among the pages, and no coloured cover beside them: nothing is learnt, "
    "and they are coloured with the network as it is"
)


def learn_for_run(
    inputs: Sequence[Path], plan: WorkPlan, state: State, emit: Listener, cancel: CancelToken
) -> Options:
    """The options of a run with ``--learn``: with the weights that the coloured pages of the plan, and those
    beside the ``inputs``, teach. They are kept in the state folder, and learnt anew only for other pages.

    Without a coloured page the options stay as they are, which is told. Raises ``UsageError`` for weights
    that are learnt already, ``SetupError`` where torch is missing, ``OutputError``, ``Cancelled``.
    """
    options = plan.options
    if not _colours(plan):
        return options
    folder = state.folder / FOLDER
    tell = _teller(emit)
    kinds = read_kinds(folder)
    before = len(kinds)
    found = _find(inputs, plan, state, kinds, tell, cancel)
    if len(kinds) > before:
        with output_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        write_kinds(folder, kinds)
    if not found.pages:
        emit(Announced(NOTHING_TO_LEARN_FROM))
        return options
    path = _learnt_path(found, options, state)
    if _is_of_use(path):
        emit(Announced(f"--learn: was learnt from {_names(found)}: {path}"))
    else:
        outcome = _learn(found, path, options, tell, cancel)
        emit(Announced(f"--learn: learnt from {_names(found)}: {path}"))
        emit(Announced(outcome))
    return replace(options, weights=str(path.absolute()))


def foresee_learning(inputs: Sequence[Path], plan: WorkPlan, state: State) -> Foreseen:
    """The same for a plan, which learns and writes nothing."""
    nothing = Foreseen(plan.options, frozenset(), NOTHING_TO_LEARN_FROM)
    if not _colours(plan):
        return replace(nothing, note="--learn: nothing is coloured, so nothing is learnt")
    found = _find(inputs, plan, state, read_kinds(state.folder / FOLDER), silent, CancelToken())
    if not found.pages:
        return nothing
    path = _learnt_path(found, plan.options, state)
    if _is_of_use(path):
        weights = replace(plan.options, weights=str(path.absolute()))
        return Foreseen(weights, frozenset(), f"--learn: was learnt from {_names(found)}: {path}")
    redone = plan.graph.descendants(COLORIZE.name) | {COLORIZE.name}
    return Foreseen(plan.options, frozenset(redone), f"--learn: would first learn from {_names(found)}")


def _colours(plan: WorkPlan) -> bool:
    """Whether the run gets as far as colour at all."""
    graph = plan.graph
    return COLORIZE.name in graph.with_ancestors(plan.selection.targets)


def _find(
    inputs: Sequence[Path],
    plan: WorkPlan,
    state: State,
    kinds: dict[str, str],
    tell: Tell,
    cancel: CancelToken,
) -> Coloured:
    if open_weights(plan.options.weights).series is not None:
        raise UsageError(
            f"--learn: {plan.options.weights} is a series' file, and a series is learnt on a network",
            "Leave out --learn to colour by that file, or --weights to learn anew.",
        )
    chapters = plan.known.chapters
    own = [(chapter, replace(page, wanted=None)) for chapter in chapters for page in chapter.pages]
    return find_coloured([*own, *pages_beside(inputs, state.out)], kinds, tell, cancel)


def _learnt_path(found: Coloured, options: Options, state: State) -> Path:
    return state.folder / FOLDER / f"{learnt_key(found.digests, options.weights)[:16]}.safetensors"


def _is_of_use(path: Path) -> bool:
    """Whether something has been learnt into ``path`` that colours here: else it is learnt again."""
    try:
        return path.is_file() and open_weights(path).series is not None
    except SetupError:  # damaged, of another version, or without the network that it was learnt on
        return False


def learnt_key(digests: Sequence[str], weights: str) -> str:
    """What a learnt file depends on: its pages, by the hashes of their files, and the network, with the
    embedding that tells surfaces apart."""
    network = weights_fingerprint(weights)
    return digest([VERSION, str(MINUTES), network, embedding_fingerprint(weights, network), *digests])


def _learn(found: Coloured, path: Path, options: Options, tell: Tell, cancel: CancelToken) -> str:
    """Write what is learnt to ``path``. Returns what came of it, in words."""
    need_torch("--learn", "leave it out", TRAINING)
    from mangacolor.training.series.learn import learn_series
    from mangacolor.training.series.learning import LearnSettings

    kept = sorted(spread_order(len(found.pages))[:MOST_PAGES])
    pages = read_coloured([found.pages[number] for number in kept], tell, cancel)
    settings = LearnSettings(
        _base_beside(options.weights, path.parent),
        MINUTES,
        device=resolve_device(options.device),
        ends=time.monotonic() + 60 * MINUTES,
    )
    partial = path.with_name(f"partial-{path.name}")
    try:
        report = learn_series(pages, partial, settings, tell, cancel)
        # What a stop cut short must not be taken for what all the steps give.
        cancel.check()
        with output_errors(path):
            move_file(partial, path)
    finally:
        remove_file(partial)
    return report.describe().splitlines()[-1]


def _base_beside(weights: str, folder: Path) -> str:
    """The network to learn on: by its name, or as a copy in ``folder``, where a learnt file looks for it.

    A copy is called by its hash, since two networks may have one name, and its embeddings and their
    cohort come with it.
    """
    if find_weights(weights) is not None:
        return weights
    copy = folder / f"base-{weights_fingerprint(weights)[:16]}{Path(weights).suffix}"
    copies = {weights_path(weights): copy}
    copies |= {embedding_path(weights, kind): copy.with_suffix(kind.ending) for kind in KINDS}
    copies[cohort_path(weights)] = copy.with_suffix(COHORT_ENDING)
    for source, target in copies.items():
        with output_errors(target):
            if source.is_file():
                write_atomic(target, source.read_bytes())
            else:
                remove_file(target)
    return str(copy)


def _names(found: Coloured) -> str:
    names = [page.name for _, page in found.pages]
    return f"{counted(len(names), 'coloured page')} ({first_few(names, 3)})"


def _teller(emit: Listener) -> Tell:
    """Tells of work with many steps now and then, as notes of the run."""
    pace = Pace(LINES)

    def tell(what: str, done: int, of: int) -> None:
        if line := pace.line(what, done, of):
            emit(Announced(line))

    return tell
