"""``--learn``: what is learnt from, when anew, and what is said of it. Nothing is really learnt here."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rich.console import Console

from mangacolor.core.errors import Cancelled, SetupError, UsageError
from mangacolor.core.installed import install_command
from mangacolor.core.settings import Options, RunOptions
from mangacolor.models import create_generator, save_generator
from mangacolor.models.colour.segment_embedding import KINDS, embedding_path
from mangacolor.models.colour.series.file import SeriesFile, write_series_file
from mangacolor.models.colour.series.weights import open_weights
from mangacolor.models.files.known import find_weights
from mangacolor.models.files.reading import weights_path
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.events import Announced, Event, RunResult
from mangacolor.pipeline.plan import as_document, as_text, plan_run
from mangacolor.pipeline.preparation import make_plan
from mangacolor.pipeline.report.progress import ProgressDisplay
from mangacolor.pipeline.run import run
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.registry import default_graph
from mangacolor.tests.helpers.stages import comic_page
from mangacolor.training.series import for_run, learn
from mangacolor.training.series.for_run import foresee_learning, learn_for_run
from mangacolor.training.series.lessons import ColouredPage

Learning = list[list[str]]
NAMES = "3 coloured pages (001.png, a.png, Cover 1.png)"


def write(path: Path, *, coloured: bool, seed: int = 0) -> Path:
    """A small comic page, grey or in colour."""
    page = np.asarray(comic_page(240, 170), np.uint8)
    page = np.roll(page, seed, axis=1)[..., None].repeat(3, axis=2)
    if coloured:
        page = np.clip(page * np.array([0.3, 0.6, 1.0]), 0, 255).astype(np.uint8)  # BGR: orange
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), page)
    return path


@pytest.fixture
def chapter(tmp_path: Path) -> Path:
    """Two pages of which the first is in colour, and beside them a cover, a photograph and a folder."""
    write(tmp_path / "series/ch1/001.png", coloured=True)
    write(tmp_path / "series/ch1/002.png", coloured=False)
    write(tmp_path / "series/Cover 1.png", coloured=True, seed=3)
    write(tmp_path / "series/holiday.png", coloured=True, seed=5)
    write(tmp_path / "series/colours/a.png", coloured=True, seed=7)
    write(tmp_path / "series/poster.png", coloured=False)
    return tmp_path / "series/ch1"


@pytest.fixture
def learning(monkeypatch: pytest.MonkeyPatch) -> Learning:
    """Stands for learning: the names of the pages of each time."""
    times: Learning = []

    class Report:
        def describe(self) -> str:
            return "200 steps\nhues met 37% → 40%"

    def pretend(pages: Sequence[ColouredPage], out: Path, *_settings: object, **_more: object) -> Report:
        times.append([Path(page.name).name for page in pages])
        base = find_weights("default")
        assert base is not None
        write_series_file(out, SeriesFile("", base.name, base.sha256))
        return Report()

    monkeypatch.setattr(learn, "learn_series", pretend)
    return times


def teach(
    chapter: Path, out: Path, cancel: CancelToken | None = None, **options: Any
) -> tuple[Options, list[str]]:
    told: list[str] = []

    def emit(event: Event) -> None:
        assert isinstance(event, Announced)
        told.append(event.message)

    plan = make_plan([chapter], out, Options(**options), RunOptions(learn=True), default_graph())
    return learn_for_run([chapter], plan, State(out), emit, cancel or CancelToken()), told


def test_it_learns_from_the_chapters_pages_and_from_what_is_named_a_cover(
    chapter: Path, learning: Learning, tmp_path: Path
) -> None:
    options, told = teach(chapter, tmp_path / "out")
    assert learning == [["001.png", "a.png", "Cover 1.png"]]
    assert Path(options.weights).parent == tmp_path / "out/.mangacolor/learnt"
    assert open_weights(options.weights).series is not None
    assert told[-2] == f"--learn: learnt from {NAMES}: {options.weights}"
    assert told[-1] == "hues met 37% → 40%"
    assert sorted(path.suffix for path in Path(options.weights).parent.iterdir()) == [".json", ".safetensors"]


def test_the_same_pages_are_not_learnt_again(
    chapter: Path, learning: Learning, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = teach(chapter, tmp_path / "out")
    monkeypatch.setattr(for_run, "need_torch", lambda *_: pytest.fail("torch is not needed"))
    second, told = teach(chapter, tmp_path / "out")
    assert second == first and len(learning) == 1
    assert told == [
        f"--learn: was learnt from 3 coloured pages (001.png, a.png, Cover 1.png): {first.weights}"
    ]
    monkeypatch.undo()


def test_another_coloured_page_is_learnt_from(chapter: Path, learning: Learning, tmp_path: Path) -> None:
    first, _ = teach(chapter, tmp_path / "out")
    write(chapter / "003.png", coloured=False, seed=9)
    assert teach(chapter, tmp_path / "out")[0] == first  # black and white teaches nothing
    write(chapter / "004.png", coloured=True, seed=11)
    second, _ = teach(chapter, tmp_path / "out")
    assert second.weights != first.weights
    assert learning[1] == ["001.png", "004.png", "a.png", "Cover 1.png"]


def test_the_same_file_twice_counts_once(chapter: Path, learning: Learning, tmp_path: Path) -> None:
    (chapter / "000.png").write_bytes((chapter / "001.png").read_bytes())
    teach(chapter, tmp_path / "out")
    assert learning == [["000.png", "a.png", "Cover 1.png"]]


def test_without_a_coloured_page_it_says_so_and_goes_on(learning: Learning, tmp_path: Path) -> None:
    write(tmp_path / "bw/1.png", coloured=False)
    options, told = teach(tmp_path / "bw", tmp_path / "out")
    assert options == Options() and learning == []
    assert told[-1].startswith("--learn: no coloured page among the pages, and no coloured cover beside")


def test_a_stop_leaves_nothing_that_was_half_learnt(
    chapter: Path, learning: Learning, tmp_path: Path
) -> None:
    cancel = CancelToken()
    pretend = learn.learn_series

    def stopped(*given: Any, **more: Any) -> Any:
        cancel.request()
        return pretend(*given, **more)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Cancelled):
        patch.setattr(learn, "learn_series", stopped)
        teach(chapter, tmp_path / "out", cancel)
    assert list((tmp_path / "out/.mangacolor/learnt").glob("*.safetensors")) == []
    teach(chapter, tmp_path / "out")
    assert len(learning) == 2


def test_a_stop_while_it_learns_ends_the_run_and_is_told(chapter: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    cancel = CancelToken()

    def learner(*_given: object) -> Options:
        cancel.request()
        cancel.check()
        raise AssertionError

    with pytest.raises(Cancelled):
        run(
            [chapter],
            tmp_path / "out",
            Options(),
            RunOptions(learn=True),
            emit=events.append,
            cancel=cancel,
            learner=learner,
        )
    assert isinstance(events[-1], RunResult)
    assert (events[-1].status, events[-1].pages, events[-1].done, events[-1].failed) == (130, 2, 0, 0)
    stream = io.StringIO()
    with ProgressDisplay(console=Console(file=stream, width=140, soft_wrap=True)) as display:
        display(events[-1])
    assert stream.getvalue() == "stopped: 0 of 2 pages done: run the same command again to go on\n"


def test_it_needs_torch_and_a_network(
    chapter: Path, learning: Learning, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt, _ = teach(chapter, tmp_path / "out")
    with pytest.raises(UsageError, match="is a series' file, and a series is learnt on a network"):
        teach(chapter, tmp_path / "other", weights=learnt.weights)
    monkeypatch.setattr("mangacolor.core.installed.has_torch", lambda: False)
    with pytest.raises(SetupError, match="--learn needs torch, which is not installed") as told:
        teach(chapter, tmp_path / "other")
    assert install_command("train") in told.value.remedy
    assert teach(chapter, tmp_path / "out")[0] == learnt  # what was learnt before can be used without


def own_network(path: Path) -> Path:
    """A network of the user's own, with the embeddings that belong to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(weights_path("default").read_bytes())
    for kind in KINDS:
        embedding_path(path, kind).write_bytes(embedding_path("default", kind).read_bytes())
    return path


def test_a_network_of_the_users_own_is_kept_with_its_embeddings(
    chapter: Path, learning: Learning, tmp_path: Path
) -> None:
    mine = own_network(tmp_path / "mine.safetensors")
    base = base_of(chapter, tmp_path, mine)
    assert base.read_bytes() == mine.read_bytes()
    for kind in KINDS:
        assert embedding_path(base, kind).read_bytes() == embedding_path(mine, kind).read_bytes()


def test_two_networks_of_one_name_are_both_kept(chapter: Path, learning: Learning, tmp_path: Path) -> None:
    one = own_network(tmp_path / "a/mine.safetensors")
    network = create_generator("efficient-palette", 8)
    (tmp_path / "b").mkdir()
    save_generator(tmp_path / "b/mine.safetensors", network, network.config, {})
    bases = [base_of(chapter, tmp_path, mine) for mine in (one, tmp_path / "b/mine.safetensors")]
    assert bases[0].read_bytes() == one.read_bytes() and bases[0] != bases[1]
    assert embedding_path(bases[0]).exists() and not embedding_path(bases[1]).exists()


def base_of(chapter: Path, folder: Path, mine: Path) -> Path:
    """The network of the user's own that a run with ``--learn`` learns on."""
    bases: list[str] = []
    pretend = learn.learn_series

    def note(pages: Any, out: Path, settings: Any, *more: Any) -> Any:
        bases.append(settings.base)
        return pretend(pages, out, settings, *more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learn, "learn_series", note)
        teach(chapter, folder / "out", weights=str(mine))
    assert Path(bases[0]).parent == folder / "out/.mangacolor/learnt"
    return Path(bases[0])


@pytest.mark.parametrize("harm", ["damaged", "another base"])
def test_what_is_kept_and_of_no_use_is_learnt_again(
    harm: str, chapter: Path, learning: Learning, tmp_path: Path
) -> None:
    path = Path(teach(chapter, tmp_path / "out")[0].weights)
    if harm == "damaged":
        path.write_bytes(path.read_bytes()[:-9])
    else:
        write_series_file(path, SeriesFile("", "default", "0" * 64))
    assert f"--learn: would first learn from {NAMES}" in as_text(foreseen(chapter, tmp_path / "out"))
    options, _ = teach(chapter, tmp_path / "out")
    assert len(learning) == 2 and open_weights(options.weights).series is not None


def test_a_run_that_colours_nothing_learns_nothing(chapter: Path, learning: Learning, tmp_path: Path) -> None:
    plan = make_plan(
        [chapter], tmp_path / "out", Options(), RunOptions(learn=True, until="panels"), default_graph()
    )
    options = learn_for_run([chapter], plan, State(tmp_path / "out"), lambda _event: None, CancelToken())
    assert options == Options() and learning == []


def foreseen(chapter: Path, out: Path) -> Any:
    return plan_run([chapter], out, Options(), RunOptions(learn=True), foresee=foresee_learning)


def test_a_plan_tells_what_would_be_learnt_and_writes_nothing(
    chapter: Path, learning: Learning, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    plan = foreseen(chapter, out)
    assert f"--learn: would first learn from {NAMES}" in as_text(plan)
    assert not out.exists() and learning == []
    options, _ = teach(chapter, out)
    known = foreseen(chapter, out)
    assert (
        f"--learn: was learnt from 3 coloured pages (001.png, a.png, Cover 1.png): {options.weights}"
        in as_text(known)
    )
    assert as_document(known)["pages"][1]["to_run"][-1] == "encode"


def test_a_run_without_a_learner_refuses(tmp_path: Path) -> None:
    write(tmp_path / "in/1.png", coloured=False)
    with pytest.raises(UsageError, match="--learn is not offered here"):
        run([tmp_path / "in"], tmp_path / "out", Options(), RunOptions(learn=True), emit=lambda _event: None)
