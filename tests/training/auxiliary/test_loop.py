"""The loop of the small networks: it learns, ends in time, and goes on from where it stopped."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.tests.helpers.clocks import FakeTime, fake_time
from mangacolor.training.auxiliary.loop import Loop, Schedule, choose_recipe, learning_rate, run_task
from mangacolor.training.auxiliary.page_network import FIRST_PAGES, STEPS_A_PAGE, PageRecipe, PageTask
from mangacolor.training.networks import TrainRequest
from mangacolor.training.pages.balloons import LabelledPage
from mangacolor.training.run_folder import CHECKPOINT, CURVES

RECIPE = Schedule(steps=12, rate=1e-2, warm_up=3, log_every=4, save_every=5, ema=0.9, seed=3)


@dataclass(slots=True)
class Line:
    """Learn y = 2x - 1, with noise from both random generators."""

    network: nn.Module
    stop_at: int = -1
    loop: Loop | None = None
    clock: FakeTime | None = None  # by which a step takes a second
    name: str = "line"
    unit: float = 1.0

    def loss(self, step: int, rng: np.random.Generator, device: torch.device) -> Tensor:
        if self.loop is not None and step + 1 == self.stop_at:
            self.loop.interrupt.stop, self.loop.interrupt.signal = True, 2
        if self.clock is not None:
            self.clock.now += 1.0
        x = torch.from_numpy(rng.normal(size=(8, 1)).astype(np.float32)) + 0.1 * torch.randn(8, 1)
        away: Tensor = self.network(x) - (2 * x - 1)
        return away.square().mean()

    def save(self, network: nn.Module, step: int, run: Path) -> None:
        torch.save(network.state_dict(), run / "weights.pt")


def line(**values: Any) -> Line:
    torch.manual_seed(0)
    return Line(nn.Sequential(nn.Linear(1, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)), **values)


def same(one: nn.Module, other: nn.Module) -> bool:
    states = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(first, second) for first, second in states)


def test_a_run_that_was_stopped_goes_on_exactly(tmp_path: Path) -> None:
    whole = Loop(line(), RECIPE, tmp_path / "whole").train()
    task = line(stop_at=7)
    task.loop = Loop(task, RECIPE, tmp_path / "parts")
    stopped = task.loop.train()
    assert (stopped.step, stopped.signal, stopped.outcome().status) == (7, 2, 130)
    torch.manual_seed(99)
    resumed = Loop(line(), RECIPE, tmp_path / "parts")
    resumed.load(tmp_path / "parts")
    again = resumed.train()
    assert (again.step, again.signal, again.outcome().message) == (12, 0, "finished at step 12/12")
    assert same(again.network, whole.network) and not same(stopped.network, whole.network)
    steps = [row["step"] for row in csv.DictReader((tmp_path / "parts" / CURVES).read_text().splitlines())]
    assert steps == ["4", "7", "8", "12"]


def test_what_comes_out_is_the_average_ready_for_use_or_the_network_where_none_is_kept(
    tmp_path: Path,
) -> None:
    task = line()
    trained = Loop(task, RECIPE, tmp_path).train()
    assert not trained.network.training and not same(trained.network, task.network)
    kept = torch.load(tmp_path / "weights.pt", weights_only=True)
    assert all(torch.equal(value, kept[name]) for name, value in trained.network.state_dict().items())
    task = line()
    assert Loop(task, replace(RECIPE, ema=0.0)).train().network is task.network


def test_it_learns_and_without_a_folder_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines: list[str] = []
    Loop(line(), replace(RECIPE, steps=200, log_every=50, rate=0.1)).train(lines.append)
    losses = [float(text.rpartition(" ")[2]) for text in lines]
    assert len(losses) == 4 and losses[-1] < 0.5 * losses[0]
    assert lines[0].startswith("step 50/200")
    assert list(tmp_path.iterdir()) == []


def test_a_run_by_the_clock_ends_in_time_at_a_rate_of_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = fake_time(monkeypatch)
    loop = Loop(line(clock=clock), replace(RECIPE, minutes=1.0, steps=1, save_every=1000), tmp_path)
    rates = []
    step = loop.optimizer.step

    def note(*arguments: object) -> None:
        rates.append(loop.optimizer.param_groups[0]["lr"])
        step(*arguments)

    loop.optimizer.step = note  # type: ignore[method-assign,assignment]
    begun = clock.now
    trained = loop.train()
    assert 55 < clock.now - begun < 60
    assert 50 < trained.step < 60 and trained.signal == 0
    assert max(rates) > 0.9 * RECIPE.rate and rates[-1] < 0.01 * RECIPE.rate
    assert (tmp_path / CHECKPOINT).exists()
    longer = Loop(line(clock=clock), replace(RECIPE, minutes=1.5), tmp_path)
    longer.load(tmp_path)
    begun = clock.now
    assert longer.train().step > trained.step + 20
    assert 25 < clock.now - begun < 32  # what the first sitting took is over


def test_the_rate_warms_up_and_falls_along_a_cosine() -> None:
    recipe = Schedule(rate=1.0, warm_up=4, floor=0.1)
    assert [learning_rate(recipe, step, 0.0) for step in (0, 1, 3, 9)] == [0.25, 0.5, 1.0, 1.0]
    assert learning_rate(recipe, 9, 0.5) == pytest.approx(0.55)
    assert learning_rate(recipe, 9, 1.0) == pytest.approx(0.1)
    assert learning_rate(replace(recipe, floor=1.0), 9, 0.7) == 1.0


def test_another_run_is_neither_resumed_nor_overwritten(tmp_path: Path) -> None:
    Loop(line(), RECIPE, tmp_path).train()
    with pytest.raises(UsageError, match="holds a run already"):
        choose_recipe(TrainRequest((tmp_path,), tmp_path), "line", RECIPE)
    with pytest.raises(SetupError, match="no run of the network panels"):
        choose_recipe(TrainRequest((tmp_path,), tmp_path, resume=True), "panels", RECIPE)
    other = Loop(Line(nn.Linear(1, 1)), RECIPE, tmp_path)
    with pytest.raises(SetupError, match="another network"):
        other.load(tmp_path)
    (tmp_path / CHECKPOINT).write_bytes(b"no checkpoint")
    with pytest.raises(SetupError, match="not a training checkpoint"):
        other.load(tmp_path)


def test_a_resumed_run_keeps_its_recipe_but_for_what_is_set(tmp_path: Path) -> None:
    request = TrainRequest((tmp_path,), tmp_path / "run")
    recipe = choose_recipe(replace(request, settings={"rate": 0.5, "steps": 3}), "line", RECIPE)
    assert (recipe.rate, recipe.steps, recipe.minutes) == (0.5, 3, 0.0)
    run_task(line(), recipe, request)
    more = replace(request, resume=True, settings={"steps": 9})
    again = choose_recipe(more, "line", RECIPE)
    assert (again.rate, again.steps) == (0.5, 9)
    assert run_task(line(), again, more).step == 9


def test_steps_that_are_asked_for_take_the_place_of_minutes(tmp_path: Path) -> None:
    timed, request = replace(RECIPE, minutes=30.0), TrainRequest((tmp_path,), tmp_path / "run")
    assert choose_recipe(replace(request, settings={"steps": 5}), "line", timed).minutes == 0
    assert choose_recipe(replace(request, minutes=2.0, settings={"steps": 5}), "line", timed).minutes == 2
    assert choose_recipe(request, "line", timed).minutes == 30
    with pytest.raises(UsageError, match="one folder or pack"):
        choose_recipe(replace(request, data=(tmp_path, tmp_path)), "line", timed)


class Numbered:
    """Pages by number: what a page shows says with which numbers it was drawn."""

    def draw_page(self, recipe: PageRecipe, rng: np.random.Generator) -> LabelledPage:
        page = np.full((recipe.side, recipe.side), rng.integers(256), np.uint8)
        return LabelledPage(page, np.zeros_like(page), np.zeros_like(page))


def test_a_resumed_run_has_the_pages_in_its_pool_that_it_would_have_had() -> None:
    recipe = PageRecipe(side=64, crop=64, batch=1, pool=14)
    rng, device = np.random.default_rng(0), torch.device("cpu")
    steps = 5 * STEPS_A_PAGE
    through, resumed = PageTask("pages", Numbered(), recipe), PageTask("pages", Numbered(), recipe)
    for step in range(steps + 1):
        through.loss(step, rng, device)
    resumed.loss(steps, rng, device)
    assert through.drawn == resumed.drawn == FIRST_PAGES + 6
    shown = [[int(page.luma[0, 0]) for page in task.pool] for task in (through, resumed)]
    assert shown[0] == shown[1] and len(shown[0]) == recipe.pool
