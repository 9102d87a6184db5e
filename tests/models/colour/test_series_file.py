"""The file of a series: there and back, added to its base on torch and on ncnn, and what is refused."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from mangacolor.core.arrays import AnyArray
from mangacolor.core.errors import OutputError, SetupError
from mangacolor.core.hashing import sha256_of
from mangacolor.core.types import Image
from mangacolor.models.colour.checkpoints import load_generator
from mangacolor.models.colour.runner import load_colour_runner
from mangacolor.models.colour.segment_embedding import embedding_fingerprint, embedding_path
from mangacolor.models.colour.series.file import (
    FORMAT,
    SeriesFile,
    is_series_file,
    read_series_file,
    write_series_file,
)
from mangacolor.models.colour.series.learnt_surfaces import LearntSurfaces
from mangacolor.models.colour.series.merging import merge_adapter
from mangacolor.models.colour.series.weights import open_weights
from mangacolor.models.files.arrays import read_arrays
from mangacolor.models.files.known import find_weights
from mangacolor.models.files.reading import weights_path

CHANGED = "palette.votes.0.2.weight"


def base_hash() -> str:
    entry = find_weights("default")
    assert entry is not None
    return entry.sha256


def adapter(strength: float = 0.5) -> dict[str, AnyArray]:
    rng = np.random.default_rng(3)
    outputs, inputs = read_arrays(weights_path("default"))[CHANGED].shape[:2]
    return {
        f"{CHANGED}.left": rng.normal(0, strength, (outputs, 2)).astype(np.float16),
        f"{CHANGED}.right": rng.normal(0, strength, (2, inputs)).astype(np.float16),
        "palette.votes.0.2.bias.added": rng.normal(0, strength, (outputs,)).astype(np.float16),
    }


@pytest.fixture
def series() -> SeriesFile:
    rows = np.arange(40, dtype=np.uint8).reshape(2, 20)
    surfaces = LearntSurfaces(rows, np.array([0, 3])).to_arrays()
    embedding = embedding_fingerprint("default", base_hash())
    facts = {"pages": 4, "seed": 1}
    return SeriesFile("Frogs", "default", base_hash(), adapter(), surfaces, facts, embedding)


@pytest.fixture
def path(tmp_path: Path, series: SeriesFile) -> Path:
    write_series_file(tmp_path / "frogs.safetensors", series)
    return tmp_path / "frogs.safetensors"


def grey() -> Image:
    ramp = np.linspace(0, 255, 64 * 96).reshape(64, 96)
    return np.asarray((ramp + np.random.default_rng(0).normal(0, 20, (64, 96))).clip(0, 255), np.uint8)


def test_it_comes_back_as_it_was(path: Path, series: SeriesFile) -> None:
    again = read_series_file(path)
    assert is_series_file(path) and not is_series_file(weights_path("default"))
    assert replace(again, adapter={}, surfaces={}) == replace(series, adapter={}, surfaces={})
    for mine, theirs in ((series.adapter, again.adapter), (series.surfaces, again.surfaces)):
        assert mine.keys() == theirs.keys()
        for name in mine:
            np.testing.assert_array_equal(mine[name], theirs[name])
            assert mine[name].dtype == theirs[name].dtype


def test_the_same_series_gives_the_same_bytes(path: Path, series: SeriesFile) -> None:
    backwards = dict(reversed(list(series.adapter.items())))
    other = path.with_name("other.safetensors")
    write_series_file(other, replace(series, adapter=backwards))
    assert other.read_bytes() == path.read_bytes()


def test_a_low_rank_product_and_a_bias_are_added(series: SeriesFile) -> None:
    base = read_arrays(weights_path("default"))
    merged = merge_adapter(base, series.adapter, "it")
    product = series.adapter[f"{CHANGED}.left"].astype(np.float32) @ series.adapter[f"{CHANGED}.right"]
    wanted = base[CHANGED].astype(np.float32) + product.reshape(base[CHANGED].shape)
    np.testing.assert_allclose(merged[CHANGED], wanted, rtol=1e-5)
    assert {name for name in base if merged[name] is not base[name]} == {
        CHANGED,
        "palette.votes.0.2.bias",
    }


def test_torch_and_ncnn_colour_alike_with_it_and_otherwise_without(path: Path) -> None:
    tiles = [grey()]
    runners = [load_colour_runner(path, backend=backend) for backend in ("torch", "ncnn")]
    torch_made, ncnn_made = (runner.run(tiles, ())[0].picture for runner in runners)
    assert [runner.backend for runner in runners] == ["torch", "ncnn"]
    assert np.abs(torch_made - ncnn_made).max() < 4 / 255
    plain = load_colour_runner("default", backend="ncnn").run(tiles, ())[0].picture
    assert np.abs(plain - ncnn_made).mean() > 0.02


def test_nothing_added_changes_nothing(path: Path, series: SeriesFile) -> None:
    write_series_file(path, replace(series, adapter={}))
    made, plain = (
        load_colour_runner(weights, backend="ncnn").run([grey()], ())[0].picture
        for weights in (path, "default")
    )
    np.testing.assert_array_equal(made, plain)


def test_it_is_a_generator_with_the_base_s_embedding(path: Path) -> None:
    assert load_generator(path).config == load_generator("default").config
    runner = load_colour_runner(path, backend="ncnn")
    assert runner.embedding is not None
    assert runner.feature_maps == load_colour_runner("default", backend="ncnn").feature_maps


def test_its_fingerprint_is_the_base_s_and_its_own(path: Path, series: SeriesFile) -> None:
    opened = open_weights(path)
    assert (opened.network, opened.series_digest) == ("default", sha256_of(path))
    write_series_file(path, replace(series, adapter=adapter(0.6)))
    assert open_weights(path).series_digest != opened.series_digest
    assert open_weights("default").series_digest == ""


def test_a_base_of_one_s_own_lies_beside_it(path: Path, series: SeriesFile) -> None:
    mine = replace(series, base="mine.safetensors")
    write_series_file(path, mine)
    with pytest.raises(SetupError, match=r"learnt on the network mine\.safetensors .*not beside it"):
        open_weights(path)
    shutil.copy(weights_path("default"), path.with_name("mine.safetensors"))
    with pytest.raises(SetupError, match=r"by another embedding .*\n.*Put mine\.surfaces\.safetensors"):
        open_weights(path)
    shutil.copy(embedding_path("default"), path.with_name("mine.surfaces.safetensors"))
    assert open_weights(path).network == path.with_name("mine.safetensors")
    write_series_file(path, replace(mine, base_sha256="0" * 64))
    with pytest.raises(SetupError, match=r"mine\.safetensors is another"):
        open_weights(path)


def test_a_base_of_another_version_is_named(path: Path, series: SeriesFile) -> None:
    write_series_file(path, replace(series, base_sha256="0" * 64))
    with pytest.raises(SetupError, match=r"default \(sha256 00000000…\), and this version has another"):
        load_colour_runner(path, backend="ncnn")


def test_surfaces_of_another_embedding_are_refused(path: Path, series: SeriesFile) -> None:
    assert open_weights(path).series is not None
    write_series_file(path, replace(series, embedding="0" * 64))
    with pytest.raises(SetupError, match="told apart by another embedding") as told:
        open_weights(path)
    assert "mangacolor learn" in told.value.remedy
    write_series_file(path, replace(series, embedding="", surfaces={}))
    assert open_weights(path).series is not None


def test_a_base_is_never_sought_elsewhere(path: Path, series: SeriesFile) -> None:
    write_series_file(path, replace(series, base="../../default.safetensors"))
    with pytest.raises(SetupError, match="does not hold what a file of a series has"):
        open_weights(path)
    write_series_file(path, replace(series, base="mine.safetensors"))
    with pytest.raises(SetupError, match="not beside it"):
        open_weights(path)


BAD: dict[str, Callable[[dict[str, AnyArray]], None]] = {
    "encoder": lambda arrays: arrays.update({"encoder._bn0.weight.added": np.zeros(32, np.float16)}),
    "centres": lambda arrays: arrays.update({"palette.centres.added": np.zeros((64, 2), np.float16)}),
    "unknown": lambda arrays: arrays.update({"wings.added": np.zeros(3, np.float16)}),
    "no kind": lambda arrays: arrays.update({f"{CHANGED}.times": np.zeros(3, np.float16)}),
    "half": lambda arrays: arrays.__delitem__(f"{CHANGED}.left"),
    "vectors": lambda arrays: arrays.update(
        {
            f"{CHANGED}.left": np.zeros((10**6, 1), np.uint8),
            f"{CHANGED}.right": np.zeros((1, 10**6), np.uint8),
        }
    ),
    "shape": lambda arrays: arrays.update({"palette.votes.0.2.bias.added": np.zeros(1, np.float16)}),
    "flat": lambda arrays: arrays.update({"up1.norm.num_batches_tracked.left": np.zeros((1, 1), np.float16)}),
    "nan": lambda arrays: arrays.update({"palette.votes.0.2.bias.added": np.full(64, np.nan, np.float16)}),
}


@pytest.mark.parametrize("kind", BAD)
def test_an_adapter_of_another_network_is_refused(path: Path, series: SeriesFile, kind: str) -> None:
    arrays = dict(series.adapter)
    BAD[kind](arrays)
    write_series_file(path, replace(series, adapter=arrays))
    for load in (load_generator, lambda weights: load_colour_runner(weights, backend="ncnn")):
        with pytest.raises(SetupError) as caught:
            load(path)
        assert str(path) in caught.value.message and "mangacolor learn" in caught.value.remedy


@pytest.mark.parametrize(
    "metadata",
    [
        {"version": "2"},
        {"base": ""},
        {"base_sha256": "abc"},
        {"name": "x" * 201},
        {"made": "{"},
        {"made": "[" * 100_000},
        {"made": "3"},
        {"name": "A\x1b[2J"},
        {"name": "A\u202etxt.exe"},
        {"name": "A\nB"},
        {"base": "x" * 256},
        {"base": "../default"},
        {"base": ".."},
        {"base": "a\x07"},
    ],
    ids=[
        *("version", "base", "hash", "name", "broken", "deep", "number"),
        *("cursor", "turned", "lines", "long base", "folder", "above", "bell"),
    ],
)
def test_odd_metadata_is_refused(path: Path, metadata: dict[str, str]) -> None:
    whole = {"format": FORMAT, "version": "1", "name": "", "base": "default", "base_sha256": base_hash()}
    save_file({"adapter.up1.conv.weight.added": np.zeros(1, np.float16)}, path, whole | metadata)
    with pytest.raises(SetupError) as caught:
        read_series_file(path)
    assert str(path) in caught.value.message and caught.value.remedy


@pytest.mark.parametrize("name", ["進撃の巨人\u3000二", "می\u200cخواهم", "L’été", "👩\u200d🎨", ""])
def test_names_of_all_scripts_are_kept(name: str, path: Path, series: SeriesFile) -> None:
    write_series_file(path, replace(series, name=name, base="自分の網.safetensors"))
    read = read_series_file(path)
    assert (read.name, read.base) == (name, "自分の網.safetensors")


def test_a_kill_in_the_middle_of_writing_leaves_the_old_file(path: Path) -> None:
    before = path.read_bytes()
    script = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from mangacolor.models.colour.series.file import read_series_file, write_series_file
path = Path(sys.argv[1])
series = replace(read_series_file(path), name="another")
os.fsync = lambda _file: os.kill(os.getpid(), signal.SIGKILL)
write_series_file(path, series)
"""
    ended = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert path.read_bytes() == before and read_series_file(path).name == "Frogs"


def test_strange_arrays_and_other_files_are_refused(path: Path) -> None:
    whole = {"format": FORMAT, "version": "1", "name": "", "base": "default", "base_sha256": base_hash()}
    save_file({"up1.conv.weight": np.zeros(1, np.float16)}, path, whole)
    with pytest.raises(SetupError, match="does not hold what a file of a series has"):
        read_series_file(path)
    with pytest.raises(SetupError, match="is no file of a series"):
        read_series_file(weights_path("default"))


def test_a_truncated_file_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])
    for read in (open_weights, read_series_file, load_generator):
        with pytest.raises(SetupError, match="not a whole file"):
            read(path)


def test_a_full_disk_leaves_the_old_file(
    path: Path, series: SeriesFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="the disk is full"):
        write_series_file(path, replace(series, name="another"))
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]
