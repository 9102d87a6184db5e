"""Several networks that learn from one stream of crops."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as PilImage

from mangacolor.core.errors import UsageError
from mangacolor.models.colour.checkpoints import load_generator
from mangacolor.tests.helpers.training import materials, short
from mangacolor.training.colour.config import Phase, TrainConfig, override_also
from mangacolor.training.colour.run import train
from mangacolor.training.colour.trainer import Trainer
from mangacolor.training.networks import TrainRequest, find_trainable, refuse_strangers
from mangacolor.training.run_folder import CHECKPOINT, WEIGHTS
from mangacolor.training.settings import parse_also

Batch = tuple[torch.Tensor, torch.Tensor]


def together(config: TrainConfig, run: Path) -> Trainer:
    """Two trainers, of which the second has a wider network and no discriminator."""
    first = Trainer(config, materials(), run, workers=0)
    losses = replace(config.losses, adversarial=0.0)
    first.lead([Trainer(replace(config, width=6, losses=losses), materials(), run / "wide", workers=0)])
    return first


def watch(trainer: Trainer, seen: list[Batch], stop_at: int = 0) -> None:
    """Note the batches of a trainer's steps; it is asked to stop after some step."""
    original = trainer._step

    def step(batches: list[Batch]) -> dict[str, float]:
        seen.extend(batches)
        trainer.interrupt.stop = trainer.step + 1 == stop_at
        return original(batches)

    trainer._step = step  # type: ignore[method-assign]


def test_they_learn_from_the_same_crops_each_in_its_own_way(tmp_path: Path) -> None:
    trainer = together(short(3), tmp_path)
    (other,) = trainer.also
    ours: list[Batch] = []
    theirs: list[Batch] = []
    watch(trainer, ours)
    watch(other, theirs)
    assert trainer.fit()
    assert len(ours) == 5
    assert all(
        torch.equal(a, b)
        for one, two in zip(ours, theirs, strict=True)
        for a, b in zip(one, two, strict=True)
    )
    assert (trainer.step, trainer.crops) == (other.step, other.crops) == (5, 8)
    rows = [
        (run / "curves.csv").read_text(encoding="utf-8").splitlines() for run in (tmp_path, tmp_path / "wide")
    ]
    assert [len(each) for each in rows] == [3, 3]  # a head, and a row a phase
    head, ours_row, theirs_row = (row.split(",") for row in (rows[0][0], rows[0][-1], rows[1][-1]))
    judged = head.index("discriminator")
    assert float(ours_row[judged]) > 0 and theirs_row[judged] == "nan"


def test_they_have_one_dropout_and_the_leader_learns_what_it_would_alone(tmp_path: Path) -> None:
    config = replace(short(2, adversarial_from=1.0), phases=(Phase(3, 64, 2),), levels=6, dropout=0.5)
    alone = Trainer(config, materials(), tmp_path / "alone", workers=0)
    leader = Trainer(config, materials(), tmp_path / "run", workers=0)
    twin = Trainer(config, materials(), tmp_path / "run/twin", workers=0)
    leader.lead([twin, Trainer(replace(config, dropout=0.0), materials(), tmp_path / "run/none", workers=0)])
    assert alone.fit() and leader.fit()
    expected = alone.generator.state_dict()
    for trainer in (leader, twin):
        assert all(torch.equal(value, expected[key]) for key, value in trainer.generator.state_dict().items())


def test_a_further_phase_of_one_size_has_crops_of_its_own(tmp_path: Path) -> None:
    config = replace(short(1), phases=(Phase(1, 32, 2), Phase(1, 32, 2)))
    trainer, seen = Trainer(config, materials(), tmp_path, workers=0), list[Batch]()
    watch(trainer, seen)
    assert trainer.fit() and len(seen) == 2
    assert not torch.equal(seen[0][1], seen[1][1])
    assert config.seed_of_crops(0) == config.seed + 32  # as in runs that were begun before


def test_a_resumed_run_of_two_equals_one_that_was_not_stopped(tmp_path: Path) -> None:
    whole, stopped = together(short(6), tmp_path / "whole"), together(short(6), tmp_path / "parts")
    assert whole.fit()
    watch(stopped, [], stop_at=4)
    assert not stopped.fit()
    resumed = together(short(6), tmp_path / "parts")
    resumed.load(tmp_path / "parts" / CHECKPOINT)
    assert [trainer.step for trainer in (resumed, *resumed.also)] == [4, 4]
    assert resumed.fit()
    for expected, trainer in zip((whole, *whole.also), (resumed, *resumed.also), strict=True):
        state = expected.generator.state_dict()
        for name, value in trainer.generator.state_dict().items():
            assert torch.equal(value, state[name]), (trainer.run.name, name)


def phases(steps: int) -> list[dict[str, int]]:
    return [{"steps": steps, "size": 32, "batch": 2}]


def test_the_command_trains_resumes_and_writes_them_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pictures" / "a"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(3):
        colour = rng.integers(0, 255, (1, 1, 3), np.uint8).repeat(80, 0).repeat(80, 1)
        PilImage.fromarray(colour).save(folder / f"{number}.png")
    request = TrainRequest(
        (tmp_path / "pictures",),
        tmp_path / "run",
        settings={"generator": "unet-palette", "width": 4, "levels": 4, "phases": phases(1)},
        workers=0,
        also={"wide": {"width": 6}},
    )
    assert train(request).status == 0
    runs = {4: tmp_path / "run", 6: tmp_path / "run" / "wide"}
    for width, run in runs.items():
        assert load_generator(run / WEIGHTS).config.width == width
    more = replace(request, resume=True, settings={"phases": phases(2)}, also={})
    before = {width: (run / WEIGHTS).read_bytes() for width, run in runs.items()}
    load, read = torch.load, list[Path]()

    def watched(path: Path, **how: Any) -> Any:
        read.append(path)
        return load(path, **how)

    monkeypatch.setattr(torch, "load", watched)
    assert train(more).message.startswith("finished at step 2")
    assert read == [request.run / CHECKPOINT]  # with the optimisers it may be large: once
    assert all((run / WEIGHTS).read_bytes() != before[width] for width, run in runs.items())
    with pytest.raises(UsageError, match="--resume and --also"):
        train(replace(more, also=request.also))


def test_what_decides_the_crops_is_the_same_for_all() -> None:
    config = short(1)
    assert override_also(config, "wide", {"width": 6, "losses.adversarial": 0}).width == 6
    for setting, value in (("synthesis.balloons", 0.5), ("phases", []), ("seed", 3)):
        with pytest.raises(UsageError, match=f"--also wide:{setting}: .* one stream"):
            override_also(config, "wide", {setting: value})
    with pytest.raises(UsageError, match="no setting"):
        override_also(config, "wide", {"wideness": 6})


def test_further_networks_are_read_off_the_command_line() -> None:
    texts = ["wide:width=56", "wide:encoder=lite2", "plain:losses.adversarial=0"]
    assert parse_also(texts) == {
        "wide": {"width": 56, "encoder": "lite2"},
        "plain": {"losses.adversarial": 0},
    }
    for wrong in ("width=56", "wide:", "wide:width", "../up:width=3", ":width=3"):
        with pytest.raises(UsageError, match="--also"):
            parse_also([wrong])
    with pytest.raises(UsageError, match="--also is no option of the network panels"):
        refuse_strangers(find_trainable("panels"), ("also",))
