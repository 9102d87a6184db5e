"""Runs by the clock, rates and decays of groups of weights, weighed sources, validation while learning."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.models.colour.factory import create_generator
from mangacolor.tests.helpers.clocks import FakeTime, fake_time
from mangacolor.training.colour.config import PRESETS, Phase, TrainConfig, from_json, to_json
from mangacolor.training.colour.materials import Materials
from mangacolor.training.colour.optimisers import create_optimiser, set_rate
from mangacolor.training.colour.run import choose_config, load_materials
from mangacolor.training.colour.trainer import Trainer
from mangacolor.training.colour.validation import FILE, Validation, crop_grey_square
from mangacolor.training.data.pack import write_pack
from mangacolor.training.data.pictures import Picture, Source
from mangacolor.training.data.sources import load_pictures, weigh_sources
from mangacolor.training.networks import TrainRequest
from mangacolor.training.run_folder import CHECKPOINT, CURVES, CsvLog
from mangacolor.training.runs import Clock
from mangacolor.training.settings import assign

TINY = assign(
    PRESETS["default"], {"generator": "unet-palette", "width": 4, "levels": 4, "discriminator_width": 4}
)


def pictures(source: str, count: int, seed: int = 0) -> list[Picture]:
    rng = np.random.default_rng(seed)
    drawn = []
    for number in range(count):
        pixels = np.full((80, 96, 3), rng.integers(60, 255, 3), np.uint8)
        pixels[20:60, 30:70] = rng.integers(0, 255, 3)
        drawn.append(Picture(f"{source}/{number}", source, pixels))
    return drawn


def materials(**more: Any) -> Materials:
    return Materials([Source("a")], pictures("a", 6), **more)


def timed(minutes: float, **more: Any) -> TrainConfig:
    phases = (Phase(1, 32, 2), Phase(3, 48, 1))  # a quarter of the time, and the rest
    return replace(TINY, phases=phases, minutes=minutes, **more)


def time_steps(trainer: Trainer, clock: FakeTime, stop_at: int = -1) -> list[float]:
    """Make each step take a second, and the last one ask to stop. Returns the rates, as they come."""
    rates: list[float] = []
    original = trainer._step

    def timed_step(batches: Any) -> dict[str, float]:
        clock.now += 1.0
        losses = original(batches)
        rates.append(trainer.optimisers[0].param_groups[0]["lr"])
        trainer.interrupt.stop = trainer.step + 1 == stop_at
        return losses

    trainer._step = timed_step  # type: ignore[method-assign]
    return rates


def test_a_run_by_the_clock_ends_in_time_with_rates_of_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = fake_time(monkeypatch)
    trainer = Trainer(timed(0.5, decay_from=0.5), materials(), tmp_path, workers=0)
    rates, begun = time_steps(trainer, clock), clock.now
    assert trainer.fit()
    assert 28 <= clock.now - begun < 30
    assert rates[0] == rates[10] == TINY.learning_rate
    assert rates == sorted(rates, reverse=True) and rates[-1] < 0.15 * TINY.learning_rate
    sizes = [row["size"] for row in csv.DictReader((tmp_path / CURVES).read_text().splitlines())]
    assert sizes[0] == "32" and sizes[-1] == "48"
    assert trainer.phase == 1 and trainer.phase_begun in (7, 8) and 27 <= trainer.step <= 29  # of 30 seconds


def test_a_run_by_the_clock_is_resumed_with_the_time_and_the_crops_that_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = fake_time(monkeypatch)
    whole = Trainer(timed(0.5), materials(), tmp_path / "whole", workers=0)
    time_steps(whole, clock)
    assert whole.fit()
    first = Trainer(timed(0.5), materials(), tmp_path, workers=0)
    time_steps(first, clock, stop_at=12)
    assert not first.fit()
    again = Trainer(timed(0.5), materials(), tmp_path, workers=0)
    again.load(tmp_path / CHECKPOINT)
    assert (again.step, again.phase, again.phase_begun) == (12, 1, first.phase_begun)
    assert again.earlier == pytest.approx(12, abs=0.2)
    time_steps(again, clock)
    begun = clock.now
    assert again.fit()
    assert clock.now - begun < 18
    assert abs(again.step - whole.step) <= 1
    assert abs(again.crops - whole.crops) <= 2


def test_a_run_that_is_given_more_time_learns_from_crops_that_it_has_not_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, seen = fake_time(monkeypatch), list[torch.Tensor]()

    def fit(minutes: float, stop_at: int = -1) -> None:
        trainer = Trainer(timed(minutes), materials(), tmp_path, workers=0)
        if minutes > 0.2:
            trainer.load(tmp_path / CHECKPOINT)
        original = trainer._step

        def step(batches: Any) -> dict[str, float]:
            seen.extend(colour for _, colour in batches if colour.shape[-1] == 32)
            return original(batches)

        trainer._step = step  # type: ignore[method-assign]
        time_steps(trainer, clock, stop_at)
        trainer.fit()

    fit(0.2)
    first = len(seen)  # of the first phase, a quarter of twelve seconds
    fit(1.0, stop_at=13)  # of whose first quarter some is left
    assert 1 < first < len(seen)
    assert all(not torch.equal(old, new) for old in seen[:first] for new in seen[first:])


def test_the_clock_counts_steps_or_what_sittings_took_and_leaves_room_for_the_end() -> None:
    by_steps = Clock(8)
    assert [by_steps.share(step) for step in (0, 2, 8, 9)] == [0, 0.25, 1, 1]
    assert by_steps.describe(2) == "step 2/8"
    by_clock = Clock(8, minutes=0.5)
    assert by_clock.share(1000, seconds=15) == 0.5
    by_clock.reserve = 10.0
    assert by_clock.share(0, seconds=20) == 1.0
    by_clock.start(5.0)
    assert 5.0 <= by_clock.seconds < 6.0


def test_encoder_and_kernels_have_rates_and_decays_of_their_own() -> None:
    network = create_generator("efficient-palette", 8)
    config = replace(PRESETS["default"], encoder_rate=0.3, weight_decay=0.02)
    optimiser = create_optimiser(network, config)
    set_rate(optimiser, 0.5)
    groups = {
        id(weight): (group["lr"], group["weight_decay"])
        for group in optimiser.param_groups
        for weight in group["params"]
    }
    assert len(groups) == len(list(network.parameters()))
    for name, weight in network.named_parameters():
        rate = 0.15 if name.startswith("encoder.") else 0.5
        assert groups[id(weight)] == (rate, 0.02 if weight.ndim > 1 else 0.0), name
    assert len(create_optimiser(network, PRESETS["default"]).param_groups) == 1


def test_a_frozen_encoder_stays_and_decay_shrinks(tmp_path: Path) -> None:
    short = replace(PRESETS["default"], pretrained_encoder=False, width=4, phases=(Phase(2, 32, 2),))
    trainer = Trainer(replace(short, encoder_rate=0.0), materials(), tmp_path, workers=0)
    before = {name: weight.detach().clone() for name, weight in trainer.generator.named_parameters()}
    trainer.fit()
    changed = {
        name for name, weight in trainer.generator.named_parameters() if not torch.equal(weight, before[name])
    }
    assert changed and not any(name.startswith("encoder.") for name in changed)
    with pytest.raises(SetupError, match="other groups of weights"):
        Trainer(short, materials(), tmp_path, workers=0).load(tmp_path / CHECKPOINT)


def test_frozen_blocks_keep_their_weights_and_statistics_and_the_others_learn(tmp_path: Path) -> None:
    short = replace(PRESETS["default"], pretrained_encoder=False, width=4, phases=(Phase(2, 32, 2),))
    trainer = Trainer(replace(short, frozen_blocks=3), materials(), tmp_path, workers=0)
    before = {name: value.clone() for name, value in trainer.generator.state_dict().items()}
    trainer.fit()
    frozen = ("encoder._conv_stem.", "encoder._bn0.", *(f"encoder._blocks.{number}." for number in range(3)))
    after = trainer.generator.state_dict()
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert not any(name.startswith(frozen) for name in changed)
    first = "encoder._blocks.3."
    assert {first + "_expand_conv.weight", first + "_bn1.running_mean", "up1.conv.weight"} <= changed
    Trainer(replace(short, frozen_blocks=3), materials(), tmp_path, workers=0).load(tmp_path / CHECKPOINT)
    norms = Trainer(replace(short, frozen_norms=True), materials(), tmp_path / "norms", workers=0)
    norms.fit()
    after, ends = norms.generator.state_dict(), ("running_mean", "running_var")
    assert all(torch.equal(value, after[name]) for name, value in before.items() if name.endswith(ends))
    assert not torch.equal(after["up1.norm.weight"], before["up1.norm.weight"])
    with pytest.raises(UsageError, match="unet-palette has no encoder whose blocks could stay"):
        Trainer(replace(TINY, frozen_blocks=1), materials(), tmp_path / "none", workers=0)


def test_rates_and_decays_of_a_resumed_run_are_those_that_are_set(tmp_path: Path) -> None:
    first = replace(TINY, phases=(Phase(1, 32, 2),), weight_decay=0.1)
    Trainer(first, materials(), tmp_path, workers=0).fit()
    again = Trainer(replace(first, weight_decay=0.2), materials(), tmp_path, workers=0)
    again.load(tmp_path / CHECKPOINT)
    assert {group["weight_decay"] for group in again.optimisers[0].param_groups} == {0.0, 0.2}


def test_checkpoints_of_configurations_with_fewer_settings_are_read() -> None:
    new = {
        "encoder",
        "attention",
        "minutes",
        "encoder_rate",
        "frozen_blocks",
        "weight_decay",
        "source_weights",
    }
    old = {name: value for name, value in to_json(TINY).items() if name not in new}
    assert from_json(old) == TINY


def test_sources_are_weighed_by_patterns_the_last_that_fits_first() -> None:
    sources = [Source("comic_one", weight=0.3), Source("comic_two"), Source("painter", weight=2)]
    weighed = weigh_sources(sources, {"comic_*": 5, "*_two": 0})
    assert [source.weight for source in weighed] == [5, 0, 2]
    assert weigh_sources(sources, {}) == sources
    with pytest.raises(UsageError, match=r"'manga_\*'\n.*comic_one, comic_two, painter"):
        weigh_sources(sources, {"manga_*": 1})
    with pytest.raises(UsageError, match="no source any weight"):
        weigh_sources(sources, {"*": 0})


def test_packs_are_mixed_and_the_later_one_says_how(tmp_path: Path) -> None:
    write_pack(
        tmp_path / "one.pack", [Source("a", weight=1), Source("b")], pictures("a", 2) + pictures("b", 1)
    )
    write_pack(tmp_path / "two.pack", [Source("a", weight=3, zoom=(1.0, 2.0))], pictures("a", 4))
    sources, drawn = load_pictures([tmp_path / "one.pack", tmp_path / "two.pack"], print)
    assert [(source.folder, source.weight, source.zoom) for source in sources] == [
        ("a", 3, (1.0, 2.0)),
        ("b", 1, (0.5, 1.3)),
    ]
    assert [picture.source for picture in drawn].count("a") == 6


def test_validation_has_a_row_for_each_source_and_kind_at_each_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mangacolor.training.colour.validation.MAX_PICTURES", 5)
    apart = pictures("x", 2, seed=1) + pictures("y", 8, seed=2)
    config = replace(TINY, phases=(Phase(3, 32, 2),), validate_every=2)
    trainer = Trainer(config, materials(validation=apart), tmp_path, workers=0)
    trainer.fit()
    rows = list(csv.DictReader((tmp_path / FILE).read_text().splitlines()))
    assert [(row["step"], row["source"], row["kind"]) for row in rows] == [
        (step, source, kind)
        for step in ("2", "3")
        for source in ("x", "y")
        for kind in ("grey", "line", "screentone")
    ]
    assert {row["pictures"] for row in rows} == {"2", "5"}
    assert all(0 < float(row["delta_e_share"]) < 5 for row in rows)
    assert rows[0]["crops"] == "4"


def test_a_truth_without_colour_has_no_figure_that_is_made_up(tmp_path: Path) -> None:
    grey = np.full((256, 256, 3), 120, np.uint8)
    grey[50:90] = 200
    Validation([Picture("g/0", "g", grey)], tmp_path).measure(Identity(), 1, 1, torch.device("cpu"))
    (row, *_) = csv.DictReader((tmp_path / FILE).read_text().splitlines())
    assert (row["kind"], row["structure"], row["hue"]) == ("grey", "", "")


def test_many_sources_share_the_pictures_of_a_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mangacolor.training.colour.validation.MAX_TOTAL", 9)
    apart = pictures("x", 6) + pictures("y", 6)
    validation = Validation(apart, tmp_path)
    validation.measure(Identity(), 1, 1, torch.device("cpu"))
    assert {source: len(probes) for source, probes in validation.probes.items()} == {"x": 4, "y": 4}


def test_the_middle_of_a_picture_is_what_is_measured() -> None:
    grey = np.arange(300 * 280, dtype=np.uint32).reshape(300, 280).astype(np.uint8)
    assert np.array_equal(crop_grey_square(grey), grey[22:278, 12:268])


def test_minutes_of_the_command_line_go_into_the_configuration(tmp_path: Path) -> None:
    request = TrainRequest((tmp_path,), tmp_path / "run", settings={"width": 8}, minutes=2.5)
    assert (choose_config(request).minutes, choose_config(request).width) == (2.5, 8)
    with pytest.raises(UsageError, match="no preset 'grand'"):
        choose_config(replace(request, preset="grand"))


def test_the_sample_sheet_shows_pictures_from_all_that_were_given(tmp_path: Path) -> None:
    red = np.full((8, 8, 3), (255, 0, 0), np.uint8)
    pack = tmp_path / "d.pack"
    write_pack(pack, [Source("a")], [Picture(f"a/{number:02}.png#0", "a", red) for number in range(23)])
    request = TrainRequest((pack,), tmp_path / "run", samples=pack)
    shown = [picture.name for picture in load_materials(request, choose_config(request)).samples]
    assert shown == [f"a/{number:02}.png#0" for number in range(0, 23, 2)]


class Identity(torch.nn.Module):
    def forward(self, grey: torch.Tensor) -> torch.Tensor:
        return grey.expand(-1, 3, -1, -1)


def test_curves_keep_the_columns_that_their_file_began_with(tmp_path: Path) -> None:
    log = CsvLog(tmp_path / CURVES)
    log.write({"step": 1, "loss": 2})
    CsvLog(tmp_path / CURVES).write({"step": 2, "more": 5, "loss": 3})
    assert (tmp_path / CURVES).read_text().split() == ["step,loss", "1,2", "2,3"]


def test_curves_of_any_source_are_written_whatever_the_system_writes_by_itself(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from mangacolor.training.run_folder import CsvLog
for step in 1, 2:
    CsvLog(Path({str(tmp_path / CURVES)!r})).write({{"step": step, "source": "\\u9801"}})
"""
    by_itself = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}  # ASCII alone
    subprocess.run([sys.executable, "-c", code], env={**os.environ, **by_itself}, check=True, timeout=120)
    assert (tmp_path / CURVES).read_text(encoding="utf-8").split() == ["step,source", "1,頁", "2,頁"]


def test_a_run_says_how_long_it_takes_and_does_not_begin_with_a_long_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time = fake_time(monkeypatch)
    clock = Clock(100)
    clock.start(500.0, step=20)  # what an earlier sitting took tells nothing of this one's speed
    time.now += 6.0
    assert not clock.is_overdue()
    time.now += 6.0
    assert clock.is_overdue()
    assert clock.report(24) == "step 24/100, about 3 min 50 s left"
    assert not clock.is_overdue()  # once is enough
    assert clock.report(100) == "step 100/100"
    by_clock = Clock(100, minutes=10)
    by_clock.start(60.0)
    time.now += 60.0
    assert by_clock.report(7) == "step 7  20%, about 8 min left"


def test_a_slow_run_reports_before_its_twenty_fifth_step_and_keeps_the_curve_of_one_that_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = fake_time(monkeypatch)
    trainer = Trainer(replace(TINY, phases=(Phase(40, 32, 2),)), materials(), tmp_path, workers=0)
    time_steps(trainer, clock, stop_at=14)
    told: list[int] = []
    assert not trainer.fit(lambda step, _terms, _rate: told.append((step, trainer.clock.report(step))[0]))
    assert told == [10, 14]
    assert [row["step"] for row in csv.DictReader((tmp_path / CURVES).read_text().splitlines())] == ["14"]
