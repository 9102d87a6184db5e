"""Learning a series: what learns, by what, what is kept, and the file that comes of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mangacolor.core.errors import Cancelled, MangacolorError, OutputError, UsageError
from mangacolor.core.types import Image
from mangacolor.models import create_generator, save_generator
from mangacolor.models.colour.checkpoints import load_generator
from mangacolor.models.colour.series.base import find_base
from mangacolor.models.colour.series.file import SeriesFile, read_series_file, write_series_file
from mangacolor.models.colour.series.merging import merge_adapter
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.tests.helpers.coloured_series import page_in_colour
from mangacolor.training.display import silent
from mangacolor.training.series import judging, learning, surfaces
from mangacolor.training.series.adapter import Adapter, adapter_arrays
from mangacolor.training.series.batches import Batch
from mangacolor.training.series.dials import Dials
from mangacolor.training.series.judging import Judgement, probes_of_lessons
from mangacolor.training.series.learn import learn_series
from mangacolor.training.series.learning import LearnSettings, SeriesLearner
from mangacolor.training.series.lessons import ColouredPage, Lesson
from mangacolor.training.series.losses import SeriesLoss
from mangacolor.training.series.rehearsal import read_rehearsal

QUICK = Dials(steps_a_minute=1, size=64, own=1, rehearsed=1, looks=1, learning_rate=5e-3, warm_up=1)
WORSE = Judgement(2.0, 0.0)
BETTER = Judgement(0.1, 1.0)


def pages(count: int = 2) -> list[ColouredPage]:
    return [ColouredPage(f"{number}.png", page_in_colour(340, 300), ()) for number in range(count)]


def settings(steps: int = 3, seed: int = 0, dials: Dials = QUICK) -> LearnSettings:
    return LearnSettings(minutes=steps, seed=seed, dials=dials)


@pytest.fixture(scope="module")
def rehearsal() -> tuple[list[Image], list[Image]]:
    return read_rehearsal()


@pytest.fixture(autouse=True)
def quick_looks(rehearsal: tuple[list[Image], list[Image]], monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at probes of full size takes longer than a test's steps, and so do surfaces in all sizes, and
    pictures of other works that each learner unpacks."""
    monkeypatch.setattr(learning, "read_rehearsal", lambda: rehearsal)
    monkeypatch.setattr(judging, "WORKING_SIZE", 64)
    monkeypatch.setattr(surfaces, "MAX_VIEWS", 2)


@pytest.fixture(scope="module")
def adapter() -> Adapter:
    return Adapter(load_generator("default"), rank=2, seed=0)


def disturb(adapter: Adapter, seed: int = 1) -> None:
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for part in adapter.parts.values():
            part.copy_(0.05 * torch.randn(part.shape, generator=random))


def test_at_first_an_adapter_changes_nothing() -> None:
    fresh = Adapter(load_generator("default"), rank=2, seed=0)
    fresh.use(1.0)
    grey = torch.rand(1, 1, 64, 64) * 2 - 1
    with torch.no_grad():
        for ours, theirs in zip(
            fresh.network.luma_and_logits(grey), fresh.base.luma_and_logits(grey), strict=True
        ):
            assert torch.equal(ours, theirs)


def test_the_encoder_and_the_palette_stay(adapter: Adapter) -> None:
    disturb(adapter)
    adapter.use(1.0)
    changed = {
        name
        for (name, ours), theirs in zip(
            adapter.network.state_dict().items(), adapter.base.state_dict().values(), strict=True
        )
        if not torch.equal(ours, theirs)
    }
    assert changed == set(adapter.changed)
    assert not [name for name in changed if name.startswith(("encoder.", "palette.centres"))]


def test_gradients_reach_the_parts_as_through_the_sum(adapter: Adapter) -> None:
    """A part's gradient is that of the loss, told by moving it a little."""
    disturb(adapter)
    name, grey = "palette.votes.0.2.weight", torch.rand(1, 1, 64, 64) * 2 - 1

    def loss() -> torch.Tensor:
        return adapter.network.luma_and_logits(grey)[1].square().mean()

    adapter.use(1.0)
    changed = list(adapter.changed.values())
    found = torch.autograd.grad(loss(), changed, allow_unused=True, materialize_grads=True)
    adapter.pass_gradients(found)
    for ending in (".left", ".right"):
        part = adapter.parts[name + ending]
        assert part.grad is not None
        step = 1e-2 * part.grad / part.grad.norm()
        ends = []
        for sign in (1, -1):
            with torch.no_grad():
                part.add_(sign * step)
                adapter.use(1.0)
                ends.append(float(loss()))
                part.sub_(sign * step)
        expected = 2e-2 * float(part.grad.norm())
        assert ends[0] - ends[1] == pytest.approx(expected, rel=0.05)
    for part in adapter.parts.values():
        part.grad = None


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_the_file_holds_what_was_used(adapter: Adapter, strength: float) -> None:
    disturb(adapter)
    adapter.use(strength)
    base = {name: tensor.numpy() for name, tensor in adapter.base.state_dict().items()}
    merged = merge_adapter(base, adapter_arrays(adapter.state(), strength), "it")
    for name, used in adapter.network.state_dict().items():
        np.testing.assert_allclose(merged[name], used.detach().numpy(), atol=2e-3, rtol=2e-3)
    assert adapter_arrays(adapter.state(), 0.0) == {}


def test_other_kinds_of_networks_are_refused() -> None:
    with pytest.raises(UsageError, match="a network of the kind unet") as caught:
        Adapter(create_generator("unet", 4), rank=2, seed=0)
    assert "--from default" in caught.value.remedy


def test_what_does_not_fit_does_not_count() -> None:
    centres = torch.rand(5, 2) - 0.5
    loss = SeriesLoss(centres, torch.ones(5), 0.5, replace(QUICK, agreement=0.0))
    fits = torch.ones(1, 1, 32, 32)
    fits[..., 16:] = 0
    luma, logits = torch.zeros(1, 1, 32, 32), torch.randn(1, 5, 16, 16)
    colour = torch.rand(1, 3, 32, 32) * 2 - 1
    other = colour.clone()
    other[..., 16:] = -other[..., 16:]
    grey = torch.zeros(1, 1, 32, 32)
    values = [
        float(loss(luma, logits, None, Batch(grey, picture, where, 0), 0))
        for picture, where in ((colour, fits), (other, fits), (other, torch.ones_like(fits)))
    ]
    assert values[0] == pytest.approx(values[1]) != pytest.approx(values[2])


def test_agreement_with_the_base_is_best_where_nothing_has_changed() -> None:
    loss = SeriesLoss(torch.zeros(5, 2), torch.ones(5), 0.5, replace(QUICK, votes=0.0, luma=0.0))
    base = torch.randn(1, 5, 16, 16)
    batch = Batch(torch.zeros(1, 1, 32, 32), torch.zeros(1, 3, 32, 32), torch.ones(1, 1, 32, 32), 1)
    luma = torch.zeros(1, 1, 32, 32)
    assert float(loss(luma, base, base, batch, 0)) == pytest.approx(0, abs=1e-6)
    assert float(loss(luma, base + torch.randn(1, 5, 16, 16), base, batch, 0)) > 0.1


def test_a_judge_prefers_the_network_that_is_nearer(adapter: Adapter) -> None:
    probes = probes_of_lessons([Lesson("p", page_in_colour())], torch.device("cpu"))
    disturb(adapter)
    adapter.use(1.0)
    plain, disturbed = probes.judge(adapter.base), probes.judge(adapter.network)
    assert plain == probes.judge(adapter.base)
    assert 0 < plain.error < 3 and 0 <= plain.hue <= 1
    assert disturbed.loss != plain.loss


def test_a_series_learns_its_colours(tmp_path: Path) -> None:
    out = tmp_path / "s.safetensors"
    dials = replace(QUICK, size=96, own=2, looks=2)
    report = learn_series(pages(), out, settings(24, dials=dials), name="Arms")
    before, after = report.learnt.aside
    assert report.learnt.strength > 0 and after.loss < before.loss - 0.05
    assert report.learnt.others[1].loss <= 1.05 * report.learnt.others[0].loss
    series = read_series_file(out)
    assert (series.name, series.base, series.made["steps"]) == ("Arms", "default", 24)
    assert series.adapter and "error of the colours -" in report.describe()


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    made = []
    for number, seed in enumerate((5, 5, 6)):
        out = tmp_path / f"{number}.safetensors"
        learner = SeriesLearner(pages(), settings(2, seed))
        learner.best.aside = WORSE
        learnt = learner.run(silent, lambda: False)
        write_series_file(out, SeriesFile("", "default", "0" * 64, learnt.adapter))
        made.append(out.read_bytes())
    assert made[0] == made[1] != made[2]


def test_what_is_no_better_is_not_kept() -> None:
    learner = SeriesLearner(pages(), settings(1))
    learner.best.aside = BETTER
    learnt = learner.run(silent, lambda: False)
    assert (learnt.strength, learnt.adapter, learnt.steps) == (0.0, {}, 1)


def test_what_forgets_other_works_is_not_kept() -> None:
    learner = SeriesLearner(pages(), settings(1))
    learner.best.aside = WORSE
    learner.before = (learner.before[0], Judgement(0.0, 1.0))
    assert learner.run(silent, lambda: False).strength == 0.0


def test_the_best_of_all_looks_stays() -> None:
    """The second of three looks is the best one: its state is kept, and not the last."""
    learner = SeriesLearner(pages(), settings(3, dials=replace(QUICK, looks=3, strengths=(1.0,))))
    marks = iter([1.5, 0.5, 1.0])
    states = []

    class Aside:
        def judge(self, _network: object) -> Judgement:
            states.append(learner.adapter.state())
            return Judgement(next(marks), 1.0)

    learner.aside = Aside()  # type: ignore[assignment]
    learner.best.aside = WORSE
    learnt = learner.run(silent, lambda: False)
    wanted = adapter_arrays(states[1], 1.0)
    assert learnt.aside[1].error == 0.5
    for name, array in learnt.adapter.items():
        np.testing.assert_array_equal(array, wanted[name])


def test_a_stop_or_the_clock_keeps_the_best_so_far() -> None:
    steps: list[int] = []

    def tell(_what: str, done: int, _of: int) -> None:
        steps.append(done)

    learner = SeriesLearner(pages(), settings(50))
    learner.best.aside = WORSE
    learnt = learner.run(tell, lambda: len(steps) >= 2)
    assert (learnt.ended, learnt.steps, learnt.planned, steps) == ("asked", 2, 50, [1, 2])
    assert learnt.strength > 0 and learnt.adapter
    late = SeriesLearner(pages(), replace(settings(50), ends=0.0)).run(silent, lambda: False)
    assert (late.ended, late.steps, late.strength) == ("clock", 0, 0.0)


def test_a_base_of_one_s_own_has_to_lie_beside_the_file(tmp_path: Path) -> None:
    network = create_generator("efficient-palette", 8)
    mine = tmp_path / "mine.safetensors"
    save_generator(mine, network, network.config, {})
    assert find_base(str(mine), tmp_path / "s.safetensors")[0] == "mine.safetensors"
    with pytest.raises(UsageError, match=r"needs mine\.safetensors beside it"):
        find_base(str(mine), tmp_path / "elsewhere" / "s.safetensors")
    assert find_base("default", tmp_path / "elsewhere" / "s.safetensors")[0] == "default"


def test_a_series_is_no_base(tmp_path: Path) -> None:
    path = tmp_path / "s.safetensors"
    write_series_file(path, SeriesFile("", *find_base("default", path)))
    with pytest.raises(UsageError, match="is a series' file") as caught:
        find_base(str(path), tmp_path / "t.safetensors")
    assert "--from default" in caught.value.remedy


def test_a_token_ends_the_whole_and_the_file_is_written(tmp_path: Path) -> None:
    cancel = CancelToken()

    def tell(what: str, done: int, _of: int) -> None:
        if what == "learning" and done == 1:
            cancel.request()

    report = learn_series(pages(), tmp_path / "s.safetensors", settings(50), tell, cancel)
    assert report.learnt.ended == "asked" and (tmp_path / "s.safetensors").exists()
    assert "stopped, the best so far is kept" in report.describe()


def test_a_stop_is_heard_while_surfaces_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surfaces, "BATCH", 1)
    cancel, told = CancelToken(), list[tuple[str, int, int]]()

    def tell(*what: Any) -> None:
        told.append(what)
        if what[0] == "looking at surfaces":
            cancel.request()

    report = learn_series(pages(), tmp_path / "s.safetensors", settings(1), tell, cancel)
    assert told[:2] == [("measuring the network as it is", done, 2) for done in (1, 2)]  # before it learns
    assert told[-1][1:] == (1, told[-1][2]) and told[-1][2] > 1
    assert report.learnt.ended == "all" and not report.to_document()["whole"]
    assert "stopped while looking at surfaces" in report.describe()
    assert read_series_file(tmp_path / "s.safetensors").surfaces


def test_where_nothing_can_be_written_is_found_out_before_learning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("a file")
    for out in (tmp_path / "file" / "s.safetensors", tmp_path / ("x" * 300 + ".safetensors")):
        with pytest.raises(MangacolorError, match=r"cannot be written|does not take this name"):
            find_base("default", out)
    assert find_base("default", tmp_path / "a" / "b" / "s.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]

    def full(*_given: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="the disk is full"):
        find_base("default", tmp_path / "s.safetensors")


def test_a_network_or_a_folder_at_out_stays(tmp_path: Path) -> None:
    mine = tmp_path / "mine.safetensors"
    network = create_generator("efficient-palette", 8)
    save_generator(mine, network, network.config, {})
    damaged, folder = tmp_path / "damaged.safetensors", tmp_path / "folder.safetensors"
    damaged.write_bytes(b"half a file")
    folder.mkdir()
    assert find_base(str(mine), damaged)[0] == "mine.safetensors"
    for out in (mine, folder):
        with pytest.raises(UsageError, match="is there, and is no file of a series"):
            find_base(str(mine), out)


@pytest.mark.parametrize(("stopped", "error"), [(True, Cancelled), (False, UsageError)])
def test_what_was_learnt_before_stays_where_nothing_better_is_learnt(
    stopped: bool, error: type[Exception], tmp_path: Path
) -> None:
    out, cancel = tmp_path / "s.safetensors", CancelToken()
    write_series_file(out, SeriesFile("before", *find_base("default", out)))
    before = out.read_bytes()
    if stopped:
        cancel.request()
    late = settings(50) if stopped else replace(settings(50), ends=0.0)
    with pytest.raises(error):
        learn_series(pages(), out, late, silent, cancel)
    assert out.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["s.safetensors"]


def test_a_slow_machine_ends_its_steps_earlier_since_the_rest_takes_longer_there_too() -> None:
    wanted = LearnSettings(minutes=10, reserve=25.0)
    assert wanted.seconds_of_the_rest(0.3, 2.0) == 27.0  # what is faster than it has to be changes nothing
    assert wanted.seconds_of_the_rest(2.25, 6.0) == 81.0
    assert wanted.seconds_of_the_rest(90.0, 60.0) == 300.0  # half of the time is for learning
    assert LearnSettings(minutes=0.5, reserve=25.0).seconds_of_the_rest(9.0, 9.0) == 25.0
    assert LearnSettings().seconds_of_the_rest(9.0, 9.0) == 0.0
