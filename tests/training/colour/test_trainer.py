"""The trainer: learns, resumes to the bit, exports what ``--weights`` takes; several processes agree."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from mangacolor.cli import main
from mangacolor.commands.models import models
from mangacolor.commands.pack_data import pack_data
from mangacolor.commands.train import train
from mangacolor.core.errors import InputError, OutputError, SetupError, UsageError
from mangacolor.models.colour.checkpoints import load_generator, save_generator
from mangacolor.models.colour.factory import create_generator
from mangacolor.models.files.reading import safetensors_header
from mangacolor.tests.helpers.training import TINY, materials, short
from mangacolor.training.colour import palette_colours
from mangacolor.training.colour.averaging import average_networks
from mangacolor.training.colour.checkpoint import Start, read_checkpoint, read_start
from mangacolor.training.colour.config import (
    PRESETS,
    Phase,
    TrainConfig,
    from_json,
    match_network,
    override,
    to_json,
)
from mangacolor.training.colour.dataset import CropDataset
from mangacolor.training.colour.materials import Materials
from mangacolor.training.colour.palette_colours import choose_palette, palette_rarity
from mangacolor.training.colour.run import export
from mangacolor.training.colour.trainer import Trainer
from mangacolor.training.data.left_out import LeftOut
from mangacolor.training.data.pack import read_pack, write_pack
from mangacolor.training.data.pictures import Picture, Source, read_source
from mangacolor.training.data.sources import describe_sources
from mangacolor.training.run_folder import CHECKPOINT
from mangacolor.training.runs import has_bfloat16


@pytest.mark.parametrize("adversary", ["patch", "chroma"])
def test_a_resumed_run_equals_one_that_was_not_stopped(adversary: str, tmp_path: Path) -> None:
    phases = Phase(6, 64, 2), Phase(2, 64, 1)
    config = replace(short(6, adversarial_from=0.3), adversary=adversary, phases=phases)
    config = replace(config, levels=6, dropout=0.5)  # of fewer levels a U-Net has no dropout
    whole = Trainer(config, materials(), tmp_path / "whole", workers=0)
    assert whole.fit()
    stopped = Trainer(config, materials(), tmp_path / "parts", workers=0)

    def stop_at(step: int) -> None:
        original = stopped._step

        def once(batches: list[tuple[torch.Tensor, torch.Tensor]]) -> dict[str, float]:
            result = original(batches)
            stopped.interrupt.stop = stopped.step + 1 == step
            return result

        stopped._step = once  # type: ignore[method-assign]

    stop_at(4)
    assert not stopped.fit()
    resumed = Trainer(config, materials(), tmp_path / "parts", workers=0)
    resumed.load(tmp_path / "parts" / CHECKPOINT)
    assert resumed.step == 4
    assert resumed.fit()
    for network in ("generator", "average", "discriminator"):
        expected = getattr(whole, network).state_dict()
        for name, value in getattr(resumed, network).state_dict().items():
            assert torch.equal(value, expected[name]), (network, name)
    assert resumed.crops == whole.crops == 6 * 2 + 2


def test_fine_tuning_takes_network_and_palette_from_the_weights(tmp_path: Path) -> None:
    first = Trainer(short(1), materials(), tmp_path / "first", workers=0)
    first.fit()
    export(first, tmp_path / "first.safetensors")
    network = load_generator(tmp_path / "first.safetensors")
    other = Materials([Source("a")], [Picture("a/x", "a", np.full((64, 64, 3), (30, 90, 200), np.uint8))])
    config = match_network(replace(TINY, width=9, phases=(Phase(1, 32, 2),)), network.config)
    tuned = Trainer(config, other, tmp_path / "tuned", workers=0)
    tuned.start_from(Start(network.config, network.state_dict()))
    assert network.palette is not None and tuned.generator.palette is not None
    assert torch.equal(tuned.generator.palette.centres, network.palette.centres)
    assert tuned.generator.config.width == 4
    assert tuned.fit()


def test_training_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A palette of few pixels holds colours too rare for a short run to learn.
    for name, pixels in (("SAMPLED_PIXELS", 200_000), ("CLUSTERED_PIXELS", 40_000)):
        monkeypatch.setattr(palette_colours, name, pixels)
    config = replace(TINY, phases=(Phase(60, 32, 4),), kind="grey", learning_rate=2e-3, adversarial_from=1.0)
    trainer, losses = Trainer(config, materials(), tmp_path, workers=0), list[float]()
    trainer.fit(lambda step, terms, rate: losses.append(sum(terms.values())))
    assert losses[-1] < 0.87 * losses[0]
    # A slow machine reports more often than it writes.
    rows = (tmp_path / "curves.csv").read_text().splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == [25, 50, 60]


def test_the_average_follows_the_generator(tmp_path: Path) -> None:
    trainer = Trainer(short(3), materials(), tmp_path, workers=0)
    before = {name: value.clone() for name, value in trainer.average.named_parameters()}
    trainer.fit()
    moved = [not torch.equal(value, before[name]) for name, value in trainer.average.named_parameters()]
    assert all(moved)
    mine = dict(trainer.generator.named_parameters())
    assert any(not torch.equal(value, mine[name]) for name, value in trainer.average.named_parameters())


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    Trainer(short(1), materials(), tmp_path, workers=0).fit()
    wider = Trainer(replace(short(1), width=6), materials(), tmp_path / "b", workers=0)
    with pytest.raises(SetupError, match="other networks"):
        wider.load(tmp_path / CHECKPOINT)
    (tmp_path / "bad.pt").write_bytes(b"no checkpoint")
    with pytest.raises(SetupError, match="not a training checkpoint"):
        read_checkpoint(tmp_path / "bad.pt")


def test_configurations_survive_json_and_refuse_unknown_names() -> None:
    for config in PRESETS.values():
        assert from_json(to_json(config)) == config
    assert override(TINY, {"losses.vgg": "0.5"}).losses.vgg == 0.5
    with pytest.raises(UsageError, match=r"losses\.vg"):
        override(TINY, {"losses.vg": 1})
    with pytest.raises(UsageError, match="width"):
        override(TINY, {"width": "wide"})


def test_a_pack_gives_back_sources_and_pictures(tmp_path: Path) -> None:
    kept = materials()
    path = tmp_path / "data.pack"
    assert write_pack(path, kept.sources, kept.pictures, quality=95) == 6
    first = path.read_bytes()
    write_pack(path, kept.sources, kept.pictures, quality=95)
    assert path.read_bytes() == first
    sources, pictures = read_pack(path)
    assert sources == list(kept.sources)
    for old, new in zip(kept.pictures, pictures, strict=True):
        assert (old.name, old.pixels.shape) == (new.name, new.pixels.shape)
        assert np.abs(old.pixels.astype(int) - new.pixels).mean() < 12
    (tmp_path / "bad").write_bytes(b"PK")
    with pytest.raises(InputError, match="not a data pack"):
        read_pack(tmp_path / "bad")
    with zipfile.ZipFile(tmp_path / "other", "w") as archive:  # another program's index
        archive.writestr("index.json", '{"sources": [{"path": "a"}], "pictures": []}')
    with pytest.raises(InputError, match="not a data pack"):
        read_pack(tmp_path / "other")
    harmed = first.replace(b"ftypavif", b"ftypnone", 1)
    (tmp_path / "harmed").write_bytes(harmed)
    with pytest.raises(InputError, match=r"not a data pack|is damaged"):
        read_pack(tmp_path / "harmed")


def test_a_pillow_without_avif_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mangacolor.training.data.pack.features.check", lambda _name: False)
    with pytest.raises(SetupError, match="AVIF"):
        read_pack(tmp_path / "any.pack")


def test_kaggle_pairs_use_the_colour_half(tmp_path: Path) -> None:
    import cv2

    pair = np.zeros((512, 1024, 3), np.uint8)
    pair[:, :512] = (0, 0, 255)  # red, as OpenCV writes it
    (tmp_path / "train").mkdir()
    cv2.imwrite(str(tmp_path / "train" / "1.png"), pair)
    (picture,) = read_source(tmp_path, Source("train", "pairs"), LeftOut())
    assert picture.pixels.shape == (288, 288, 3)
    assert (picture.pixels == (255, 0, 0)).all()


def test_missing_pictures_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        list(read_source(tmp_path, Source("nothing"), LeftOut()))
    (tmp_path / "x.toml").write_text("[[source]]\nfolder = 1\ncolour = 2\n")
    with pytest.raises(UsageError, match=r"x\.toml, source 1 has no setting 'colour'"):
        describe_sources(tmp_path, tmp_path / "x.toml")


def test_palettes_begin_with_grey_and_weigh_rare_colours_up() -> None:
    rng = np.random.default_rng(0)
    common = [Picture(f"a/{n}", "a", np.full((40, 40, 3), (150, 140, 120), np.uint8)) for n in range(30)]
    rare = [Picture("a/r", "a", rng.integers(0, 255, (40, 40, 3), dtype=np.uint8))]
    centres = choose_palette([Source("a")], common + rare, 12)
    weights = palette_rarity(centres, [Source("a")], common + rare)
    assert (centres[0] == 0).all()
    nearest = np.abs(centres * 127.5 - (-16, 6)).sum(axis=1).argmin()
    assert weights[nearest] == weights.min()
    assert (choose_palette([Source("a")], common + rare, 12) == centres).all()


def test_crops_are_drawn_by_the_weights_of_their_sources() -> None:
    red = Picture("r/0", "r", np.full((64, 64, 3), (200, 0, 0), np.uint8))
    blue = Picture("b/0", "b", np.full((64, 64, 3), (0, 0, 200), np.uint8))
    dataset = CropDataset([Source("r", weight=3), Source("b", weight=1)], [red, blue], 32, 200, 0)
    reds = sum(int(dataset.pair(index)[1][..., 0].max()) >= 200 for index in range(200))
    assert 0.6 < reds / 200 < 0.9


def test_the_commands_take_pictures_to_weights(tmp_path: Path) -> None:
    import cv2

    rng = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    for number in range(3):
        cv2.imwrite(
            str(tmp_path / "pictures" / f"{number}.png"), rng.integers(0, 255, (70, 90, 3), dtype=np.uint8)
        )
    runner = CliRunner()
    pack, run = str(tmp_path / "d.pack"), str(tmp_path / "run")
    result = runner.invoke(pack_data, [str(tmp_path / "pictures"), "--out", pack], catch_exceptions=False)
    assert result.exit_code == 0
    common = ["--data", pack, "--out", run, "--workers", "0", "--device", "cpu"]
    sized = [
        *("--set", "generator=unet-palette", "--set", "width=4", "--set", "levels=4"),
        *("--set", 'phases=[{"steps":2,"size":32,"batch":2}]', "--samples", pack),
    ]
    result = runner.invoke(train, [*common, *sized, "--preview-data"], catch_exceptions=False)
    assert (tmp_path / "run" / "preview.png").stat().st_size > 10_000
    result = runner.invoke(train, [*common, *sized], catch_exceptions=False)
    assert result.exit_code == 0
    assert (tmp_path / "run/samples/000002.png").stat().st_size > 1000  # at the end, however short
    network = load_generator(tmp_path / "run" / "weights.safetensors")
    with pytest.raises(SetupError, match="is not a file of weights") as told:
        load_generator(tmp_path / "run")
    assert told.value.remedy == f"Name {tmp_path / 'run/weights.safetensors'}."
    assert network(torch.zeros(1, 1, 64, 64)).shape == (1, 3, 64, 64)
    with pytest.raises(UsageError, match="holds a run already"):
        runner.invoke(train, [*common, *sized], catch_exceptions=False)
    longer = 'phases=[{"steps":4,"size":32,"batch":2}]'
    result = runner.invoke(train, [*common, "--resume", "--set", longer], catch_exceptions=False)
    assert "finished at step 4 of 4" in result.output
    for number, init in enumerate(("checkpoint.pt", "weights.safetensors", ".")):
        tuned = [*common, *sized, "--out", str(tmp_path / f"tuned{number}"), "--init", f"{run}/{init}"]
        result = runner.invoke(train, tuned, catch_exceptions=False)
        assert "finished at step 2 of 2" in result.output


def test_fine_tuning_from_a_checkpoint_brings_the_discriminator(tmp_path: Path) -> None:
    trained = Trainer(replace(short(1), seed=7), materials(), tmp_path / "a", workers=0)
    trained.fit()
    start = read_start(tmp_path / "a" / CHECKPOINT)
    tuned = Trainer(TINY, materials(), tmp_path / "b", workers=0)
    tuned.start_from(start)
    for one, other in ((trained.average, tuned.generator), (trained.discriminator, tuned.discriminator)):
        for mine, theirs in zip(one.state_dict().values(), other.state_dict().values(), strict=True):
            assert torch.equal(mine, theirs)
    for config in (replace(TINY, discriminator_width=16), replace(TINY, adversary="chroma")):
        stranger = Trainer(config, materials(), tmp_path / "c", workers=0)
        with pytest.raises(SetupError, match="another kind or width"):
            stranger.start_from(start)


@pytest.mark.parametrize(
    ("number", "expected", "workers"),
    # Without workers both are heard by the same lines.
    [(signal.SIGINT, 130, 0), (signal.SIGINT, 130, 1), (signal.SIGTERM, 143, 1)],
)
def test_a_signal_ends_training_with_a_checkpoint_and_its_status(
    number: signal.Signals, expected: int, workers: int, tmp_path: Path
) -> None:
    """It may reach the whole process group, as from a terminal or a service manager."""
    pack = tmp_path / "d.pack"
    write_pack(pack, [Source("a")], materials().pictures)
    sized = ["width=4", "levels=4", "discriminator_width=4", 'phases=[{"steps":99999,"size":32,"batch":2}]']
    options = [part for setting in sized for part in ("--set", setting)]
    options += ["--data", str(pack), "--out", str(tmp_path / "run"), "--workers", str(workers)]
    options += ["--device", "cpu"]
    command = [sys.executable, "-m", "mangacolor", "train", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        assert running.stderr is not None
        assert any(line.startswith("step 25/") for line in iter(running.stderr.readline, ""))
        os.killpg(running.pid, number)
        said = running.stderr.read()
        assert "stopped at step" in said and "weights.safetensors as far as it is; --resume goes on" in said
        assert running.wait(60) == expected
    assert read_checkpoint(tmp_path / "run" / CHECKPOINT)["step"] >= 25
    assert load_generator(tmp_path / "run" / "weights.safetensors").config.width == 4


def test_what_training_cannot_use_is_told_without_a_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack, blocked = tmp_path / "d.pack", tmp_path / "a file"
    write_pack(pack, [Source("a")], materials().pictures)
    blocked.write_text("in the way")
    train_it = ["train", "--data", str(pack), "--workers", "0"]
    for arguments, status, word in (
        ([*train_it, "--out", str(tmp_path / "run"), "--device", "toaster"], 2, "toaster"),
        ([*train_it, "--out", str(blocked / "run"), "--device", "cpu", "--preview-data"], 3, "a file"),
        (["pack-data", str(tmp_path), "--out", str(tmp_path / "none.pack")], 3, "no pictures"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capsys.readouterr().err
        assert ended.value.code == status and word in said and "Traceback" not in said
    with pytest.raises(OutputError, match="a file"):
        write_pack(blocked / "d.pack", [Source("a")], materials().pictures)
    assert {path.name for path in tmp_path.iterdir()} == {"d.pack", "a file"}


def learnt(config: TrainConfig, run: Path) -> torch.Tensor:
    """What a run changes about the generator's weights, all of them in a row."""
    trainer = Trainer(config, materials(), run, workers=0)
    before = torch.cat([weight.detach().flatten() for weight in trainer.generator.parameters()])
    trainer.fit()
    return torch.cat([weight.detach().flatten() for weight in trainer.generator.parameters()]) - before


def alike(one: torch.Tensor, other: torch.Tensor) -> float:
    # Not equal: Adam's first steps are as long for the faintest gradient as for the strongest.
    return float(torch.nn.functional.cosine_similarity(one, other, dim=0))


@pytest.mark.skipif(not has_bfloat16(torch.device("cpu")), reason="this processor has no bfloat16")
def test_bfloat16_is_used_where_the_processor_has_it_and_learns_the_same(tmp_path: Path) -> None:
    half = learnt(short(4), tmp_path / "half")
    single = learnt(replace(short(4), mixed_precision=False), tmp_path / "single")
    assert not torch.equal(half, single)
    assert alike(half, single) > 0.9


@pytest.mark.slow
@pytest.mark.timeout(1500)  # it is all compiling, and other work takes the compiler's share of the cores
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_a_compiled_run_learns_the_same_at_every_size(tmp_path: Path) -> None:
    # As few levels as there can be with attention: each operation is compiled by itself, for each size.
    plain = replace(short(3), mixed_precision=False, dropout=0.0, levels=2)
    compiled = learnt(replace(plain, compile=True), tmp_path / "compiled")
    assert alike(compiled, learnt(plain, tmp_path / "plain")) > 0.95


def test_a_soup_lies_between_its_networks_and_keeps_what_is_known_of_the_run(tmp_path: Path) -> None:
    torch.manual_seed(0)
    before = create_generator("unet-palette", 4, levels=4)
    after = create_generator("unet-palette", 4, levels=4)
    save_generator(tmp_path / "before.safetensors", before, before.config, {}, half=False)
    save_generator(tmp_path / "after.safetensors", after, after.config, {"steps": 7}, half=False)
    given = [str(tmp_path / "before.safetensors"), str(tmp_path / "after.safetensors")]
    out = tmp_path / "soup.safetensors"
    result = CliRunner().invoke(
        models, ["average", *given, "--share", "0.25", "--temperature", "0.5", "--out", str(out)]
    )
    assert result.exit_code == 0, result.output
    made = load_generator(out)
    assert made.config.temperature == 0.5
    header, _ = safetensors_header(out)
    assert json.loads(header["steps"]) == 7 and json.loads(header["averaged"])["share_of_this_run"] == 0.25
    weights = zip(before.parameters(), after.parameters(), made.parameters(), strict=True)
    for one, other, between in weights:
        torch.testing.assert_close(between, 0.75 * one + 0.25 * other, rtol=0, atol=1e-3)


def test_networks_that_have_nothing_in_common_are_not_averaged() -> None:
    small, large = create_generator("unet", 4, levels=4), create_generator("unet", 8, levels=4)
    with pytest.raises(UsageError):
        average_networks(small, large, 0.5)
    other = create_generator("unet-palette", 4, levels=4)
    assert other.palette is not None
    other.palette.centres += 1
    with pytest.raises(UsageError):
        average_networks(create_generator("unet-palette", 4, levels=4), other, 0.5)


@pytest.mark.slow
def test_two_processes_train_one_network(tmp_path: Path) -> None:
    script = tmp_path / "work.py"
    script.write_text(
        "import sys, torch\n"
        "from pathlib import Path\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_trainer import materials, short\n"
        "from mangacolor.training.colour.trainer import Trainer\n"
        "trainer = Trainer(short(4), materials(), Path(sys.argv[1]), workers=0)\n"
        "trainer.fit()\n"
        "flat = torch.cat([p.detach().flatten() for p in trainer.generator.parameters()])\n"
        "torch.save(flat, f'{sys.argv[1]}/rank{trainer.world.rank}.pt')\n"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    subprocess.run([*command, str(script), str(tmp_path)], check=True, env=environment, timeout=240)
    one, two = (torch.load(tmp_path / f"rank{rank}.pt", weights_only=True) for rank in (0, 1))
    assert torch.equal(one, two)
    assert read_checkpoint(tmp_path / CHECKPOINT)["crops"] == 4 * 2 * 2 + 2 * 2
