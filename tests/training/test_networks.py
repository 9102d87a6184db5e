"""``mangacolor train --network``: every network of the table, from pictures to a file that is used."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mangacolor.core.errors import UsageError
from mangacolor.core.types import Image
from mangacolor.tests.helpers.commands import exit_status
from mangacolor.training.networks import NAMES, TRAINABLE, TrainRequest, find_trainable, refuse_strangers

SMALL_PAGES = {"side": 320, "crop": 64, "batch": 2, "steps": 3, "pool": 3}
SMALL: dict[str, dict[str, Any]] = {
    "colour": {
        "generator": "unet-palette",
        "width": 4,
        "levels": 4,
        "phases": '[{"steps":2,"size":32,"batch":2}]',
    },
    "panels": SMALL_PAGES,
    "balloons": SMALL_PAGES,
    "descreen": {"pictures": 3, "side": 64, "crop": 32, "batch": 2, "steps": 3},
    "upscale": {"printed": 3, "painted": 0, "side": 64, "crop": 32, "batch": 2, "steps": 3},
    "segments": {"chapters": 1, "steps": 3},
    "identity": {"chapters": 1, "steps": 3},
}


def painting(seed: int, rows: int = 240, columns: int = 200) -> Image:
    noise = np.random.default_rng(seed).uniform(0, 255, (6, 5, 3)).astype(np.float32)
    return np.asarray(
        cv2.resize(noise, (columns, rows), interpolation=cv2.INTER_CUBIC).clip(0, 255), np.uint8
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sources, of which two are a comic with and without a balloon."""
    folder = tmp_path_factory.mktemp("data")
    for name in ("scenes", "peppercarrot_art", "peppercarrot_lettered"):
        (folder / name).mkdir(parents=True)
        for number in range(3):
            picture = painting(number)
            if name == "peppercarrot_lettered":
                cv2.ellipse(picture, (100, 90), (60, 40), 0, 0, 360, (255, 255, 255), -1)
                cv2.putText(picture, "HEY", (70, 100), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (0, 0, 0), 2)
            assert cv2.imwrite(str(folder / name / f"work_{number}.webp"), picture)
    return folder


def assignments(name: str, **more: Any) -> list[str]:
    return [part for key, value in (SMALL[name] | more).items() for part in ("--set", f"{key}={value}")]


@pytest.mark.parametrize("name", NAMES)
def test_each_network_is_trained_by_the_command_and_resumed(
    name: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, weights = tmp_path / "run", tmp_path / "run" / "weights.safetensors"
    command = ["train", "--network", name, "--data", str(data), "--out", str(out), "--device", "cpu"]
    if name in ("segments", "identity"):
        colour = tmp_path / "colour.safetensors"
        colour.write_bytes(small_colour_network())
        command += ["--weights", str(colour)]
        weights = tmp_path / "colour.surfaces.safetensors"
    if name == "identity":
        assert exit_status(*command, *assignments(name)) == 2
        assert "colour.surfaces.safetensors is not there" in capsys.readouterr().err
        for content, said in (
            (b"", "colour.surfaces.safetensors"),
            (embedding_beside(colour, "deepest"), "colour.surfaces.safetensors takes in other features"),
        ):
            weights.write_bytes(content)
            assert exit_status(*command, *assignments(name)) in (2, 3) and not (out / "rows").exists()
            assert said in capsys.readouterr().err
        weights.unlink()
        first_run = command_for("segments", data, tmp_path / "first")
        assert exit_status(*first_run, "--weights", str(colour), *assignments("segments")) == 0
        weights = tmp_path / "colour.identity.safetensors"
    assert exit_status(*command, *assignments(name)) == 0, capsys.readouterr().err
    first = weights.read_bytes()
    assert (out / "checkpoint.pt").is_file() and (out / "curves.csv").read_text().count("\n") == 2
    assert exit_status(*command, *assignments(name)) == 2
    assert "holds a run already" in capsys.readouterr().err
    longer = {"phases": '[{"steps":4,"size":32,"batch":2}]'} if name == "colour" else {"steps": 5}
    sets = [part for key, value in longer.items() for part in ("--set", f"{key}={value}")]
    assert exit_status(*command, "--resume", *sets) == 0, capsys.readouterr().err
    assert "finished at step" in capsys.readouterr().err
    assert weights.read_bytes() != first
    if name == "identity":
        assert_cohort_fits(colour)


def assert_cohort_fits(colour: Path) -> None:
    """The segments that were drawn are described by both embeddings that lie beside the weights."""
    from mangacolor.models.colour.runner import load_colour_runner
    from mangacolor.stages.segments.spacing import space_identities

    runner = load_colour_runner(colour)
    assert runner.cohort is not None and runner.identity is not None and len(runner.cohort.rows) > 10
    rows, identities = runner.cohort.rows, runner.cohort.identities
    spaced = space_identities(rows, identities, len(runner.palette), runner.cohort)
    np.testing.assert_array_equal(spaced[:, : identities.shape[1]], identities)
    assert spaced[:, -1].any()


def embedding_beside(colour: Path, *maps: str) -> bytes:
    """The file of an embedding for these weights that takes in these feature maps."""
    from mangacolor.models.colour.segment_embedding import NAMES, SegmentEmbedding, embedding_bytes

    tensors = {name: np.ones((2, 2) if name.endswith("weight") else 2) for name in NAMES}
    return embedding_bytes(SegmentEmbedding(maps, tensors), colour, "CC-BY-SA-4.0")


def small_colour_network() -> bytes:
    import tempfile

    import torch

    from mangacolor.models.colour.checkpoints import save_generator
    from mangacolor.models.colour.factory import create_generator

    torch.manual_seed(0)
    network = create_generator("efficient-palette", 8)
    with tempfile.TemporaryDirectory() as folder:
        save_generator(Path(folder) / "w.safetensors", network, network.config, {})
        return (Path(folder) / "w.safetensors").read_bytes()


def command_for(name: str, data: Path, out: Path) -> list[str]:
    return ["train", "--network", name, "--data", str(data), "--out", str(out), "--device", "cpu"]


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_that_will_not_do_ends_in_a_sentence(
    name: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = command_for(name, data, tmp_path / "run")
    for text in (
        "phases=[[64,2,2]]" if name == "colour" else "steps=[[64,2,2]]",
        "seed=-1",
        "colour=blue",
        "seed",
    ):
        assert exit_status(*command, "--set", text) == 2
        said = capsys.readouterr().err
        assert text.partition("=")[0] in said and "Traceback" not in said and len(said.splitlines()) >= 2
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "colour"])
def test_options_of_the_colour_network_are_refused_elsewhere(
    name: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = command_for(name, data, tmp_path / "run")
    assert exit_status(*command, "--preset", "l1") == 2
    said = capsys.readouterr().err
    assert f"--preset is no option of the network {name}" in said and "--network colour" in said


@pytest.mark.parametrize("name", ["panels", "balloons", "upscale", "descreen", "segments", "identity"])
def test_data_that_will_not_do_ends_in_a_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("no pack")
    for path in ("empty", "file", "nowhere"):
        arguments = ["--data", str(tmp_path / path), "--out", str(tmp_path / "run"), "--device", "cpu"]
        assert exit_status("train", "--network", name, *arguments) == 3
        said = capsys.readouterr().err
        assert str(tmp_path / path) in said and "Traceback" not in said


def test_the_table_names_real_options_and_modules() -> None:
    fields = {field.name for field in dataclasses.fields(TrainRequest)}
    for network in TRAINABLE:
        assert set(network.options) <= fields
        home = Path(__file__).parents[2] / "training" / Path(*network.home.split(".")).with_suffix(".py")
        assert "def train(request: TrainRequest) -> TrainOutcome:" in home.read_text()
    with pytest.raises(UsageError, match="no network called 'sound'"):
        find_trainable("sound")
    with pytest.raises(UsageError, match="--rows is no option of the network colour"):
        refuse_strangers(find_trainable("colour"), ("data", "rows"))


def test_help_lists_the_networks_without_torch() -> None:
    code = (
        "import sys, mangacolor.cli as cli\n"
        "try:\n    cli.main(['train', '--help'])\n"
        "except SystemExit:\n    print('torch' in sys.modules, 'cv2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False False"
    assert all(f"  {network.name} " in done.stdout and network.help in done.stdout for network in TRAINABLE)
