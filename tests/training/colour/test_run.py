"""A run as the command line asks for it: what it says when it begins, goes on and ends."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mangacolor.core.errors import DiskFullError, UsageError
from mangacolor.tests.helpers.clocks import fake_time
from mangacolor.training.colour.run import train
from mangacolor.training.colour.trainer import Trainer
from mangacolor.training.data.pack import write_pack
from mangacolor.training.data.pictures import Picture, Source
from mangacolor.training.networks import TrainRequest
from mangacolor.training.runs import Clock

TINY = {
    "generator": "unet-palette",
    "width": 4,
    "levels": 4,
    "discriminator_width": 4,
    "phases": [{"steps": 1, "size": 32, "batch": 2}],
}


def pack(path: Path, count: int) -> Path:
    rng = np.random.default_rng(count)
    colours = rng.integers(0, 255, (count, 1, 1, 3), np.uint8)
    pictures = [
        Picture(f"a/{number}#0", "a", np.tile(colours[number], (48, 48, 1))) for number in range(count)
    ]
    write_pack(path, [Source("a")], pictures)
    return path


def test_a_run_says_what_it_learns_from_and_where_its_weights_are(tmp_path: Path) -> None:
    said: list[str] = []
    request = TrainRequest(
        (pack(tmp_path / "d.pack", 3),), tmp_path / "run", TINY, say=said.append, workers=0
    )
    outcome = train(request)
    assert said[0] == (
        "3 pictures of 1 source, 1 step of unet-palette on cpu; Ctrl-C ends it with a checkpoint"
    )
    weights = tmp_path / "run" / "weights.safetensors"
    assert outcome.message == f"finished at step 1 of 1: {weights}, for --weights" and weights.is_file()
    said.clear()
    more = {"phases": [{"steps": 2, "size": 32, "batch": 2}]}
    moved = (tmp_path / "run").rename(tmp_path / "moved")
    train(replace(request, run=moved, settings=more, resume=True))
    assert said[0].startswith("3 pictures of 1 source, 2 steps of unet-palette on cpu, from step 1 on;")


def test_a_run_that_goes_on_with_other_pictures_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    data = pack(tmp_path / "d.pack", 3), pack(tmp_path / "e.pack", 2)
    request = TrainRequest(data[:1], tmp_path / "run", TINY, say=said.append, workers=0)
    train(request)
    train(replace(request, data=data[:1], resume=True))
    assert not any("until now" in line for line in said)
    train(replace(request, data=data[1:], resume=True))
    assert (
        "until now 3 pictures of 1 source were learnt from, and these are 2 pictures of 1 source: "
        "the run goes on with these"
    ) in said


def test_what_a_run_was_begun_with_is_not_given_again(tmp_path: Path) -> None:
    request = TrainRequest((tmp_path,), tmp_path / "run", resume=True)
    for other, given in {"--init": {"init": tmp_path}, "--preset": {"preset": "notebook"}}.items():
        with pytest.raises(UsageError, match=f"--resume and {other} exclude each other"):
            train(replace(request, **given))  # type: ignore[arg-type]


def test_another_network_than_the_one_to_begin_with_is_refused(tmp_path: Path) -> None:
    data = (pack(tmp_path / "d.pack", 2),)
    request = TrainRequest(data, tmp_path / "run", TINY, workers=0)
    train(request)
    weights = tmp_path / "run" / "weights.safetensors"
    further = replace(request, run=tmp_path / "further", init=weights)
    with pytest.raises(UsageError, match=r"--set width=9, but .*weights\.safetensors has width=4"):
        train(replace(further, settings={**TINY, "width": 9}))
    assert train(further).status == 0
    with pytest.raises(UsageError, match=r"--set width=9, but the run in .*run has width=4"):
        train(replace(request, settings={"width": 9}, resume=True))


def test_helpers_end_with_a_run_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They heed no signal: one that was left behind would keep the process from its end."""

    def full(_run: Path, _state: object) -> None:
        raise DiskFullError("the disk is full")

    monkeypatch.setattr("mangacolor.training.colour.trainer.write_checkpoint", full)
    settings = {**TINY, "checkpoint_every": 1, "phases": [{"steps": 9, "size": 32, "batch": 2}]}
    request = TrainRequest((pack(tmp_path / "d.pack", 2),), tmp_path / "run", settings, workers=1)
    with pytest.raises(DiskFullError) as failed:
        train(request)
    assert failed.tb is not None and not multiprocessing.active_children()  # with its frames still there


def test_a_run_that_is_over_before_its_first_step_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, save = fake_time(monkeypatch), Trainer.save

    def save_slowly(trainer: Trainer) -> None:
        clock.now += 30.0
        save(trainer)

    monkeypatch.setattr(Trainer, "save", save_slowly)
    request = TrainRequest((pack(tmp_path / "d.pack", 3),), tmp_path / "run", TINY, minutes=1.0, workers=0)
    with pytest.raises(UsageError, match=r"nothing was learnt in 1 minute: .* took 30 s") as refused:
        train(request)
    assert refused.value.remedy is not None and "--resume --minutes" in refused.value.remedy
    assert not (tmp_path / "run" / "weights.safetensors").exists()
    assert train(replace(request, resume=True, minutes=5.0)).message.startswith("finished at step ")


def test_a_run_of_long_steps_says_how_it_goes_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = fake_time(monkeypatch)
    sitting = Clock(100)
    words = 0
    for step in range(1, 16):
        clock.now += 20.0
        if sitting.is_overdue():
            sitting.report(step)
            words += 1
    assert words == 5  # of five minutes: after 20, 80, 140, 200 and 260 seconds
