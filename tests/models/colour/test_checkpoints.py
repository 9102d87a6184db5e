"""Generators to and from files: rebuilt without being told, and nothing hostile believed."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from mangacolor.commands.models import models
from mangacolor.core.errors import OutputError, SetupError, UsageError
from mangacolor.core.hashing import sha256_of
from mangacolor.models import create_generator, load_generator, save_generator
from mangacolor.models.colour.unet import ColorizationUNet
from mangacolor.models.encoders.stand_in import blank_resnet
from mangacolor.models.files.known import WEIGHTS, Weights
from mangacolor.models.files.reading import FORMAT, bundled_file, weights_fingerprint

WIDTH = 4


def make(name: str, **options: Any) -> ColorizationUNet:
    torch.manual_seed(0)
    generator = create_generator(name, width=WIDTH, **options)
    assert isinstance(generator, ColorizationUNet)
    with torch.no_grad():
        for key, value in generator.state_dict().items():
            if "running_" in key:
                value.uniform_(0.5, 1.5)
            elif value.is_floating_point():
                value.copy_(value.half())  # so that half precision loses nothing
    return generator.eval()


def colours(generator: nn.Module, size: int = 256) -> Tensor:
    torch.manual_seed(1)
    with torch.no_grad():
        out: Tensor = generator(torch.rand(1, 1, size, size) * 2 - 1)
    return out


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("unet", {}),
        ("unet-attention", {"size": 64, "out_channels": 2, "dropout": 0.1}),
        ("unet-attention", {"levels": 6, "attention": 3}),
        ("unet-attention-faithful", {}),
        ("unet-palette", {"size": 64, "palette": 5}),
    ],
)
def test_a_file_rebuilds_its_network(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    generator = make(name, **options)
    path = tmp_path / "new" / "colour.safetensors"
    save_generator(path, generator, generator.config, {"step": 7, "data": ["a", "b"]})
    again = load_generator(str(path))
    assert again.config == generator.config
    assert not again.training
    assert all(value.dtype == torch.float32 for value in again.parameters())
    torch.testing.assert_close(colours(again), colours(generator), rtol=0, atol=2e-5)
    with safe_open(path, framework="pt") as file:
        assert file.get_tensor("down1.conv.weight").dtype == torch.float16
        assert file.get_tensor("down1.bn.running_var").dtype == torch.float32
        assert json.loads(file.metadata()["step"]) == 7
    assert list(path.parent.iterdir()) == [path]  # no part file is left


def test_numbers_beyond_half_precision_survive(tmp_path: Path) -> None:
    generator = make("unet", size=32)
    with torch.no_grad():
        generator.get_parameter("down1.conv.bias")[0] = 1e6
        generator.get_buffer("down1.bn.running_var")[0] = 1e6
    path = tmp_path / "large.safetensors"
    save_generator(path, generator, generator.config, {})
    again = load_generator(path)
    assert again.get_parameter("down1.conv.bias")[0] == 1e6
    assert again.get_buffer("down1.bn.running_var")[0] == 1e6


def test_an_extractor_is_found_by_its_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    source = tmp_path / "resnet18.pth"
    torch.save(dict(blank_resnet("resnet18")), source)
    generator = make("unet-extractor", size=64, extractor_weights=source)
    path = tmp_path / "colour.safetensors"
    save_generator(path, generator, generator.config, {})
    assert path.stat().st_size < source.stat().st_size / 2  # it is not inside
    torch.testing.assert_close(colours(load_generator(path), 64), colours(generator, 64), rtol=0, atol=1e-5)
    source.rename(tmp_path / "elsewhere.pth")
    with pytest.raises(SetupError, match=r"resnet18\.pth") as caught:
        load_generator(path)
    assert str(tmp_path / "cache") in caught.value.remedy
    given = load_generator(path, extractor_weights=tmp_path / "elsewhere.pth")
    torch.testing.assert_close(colours(given, 64), colours(generator, 64), rtol=0, atol=1e-5)


def as_published(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return state


def as_sequences(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Blocks written as ``self.conv = Sequential(Conv2d, BatchNorm2d, …)``."""
    out = {}
    for key, value in state.items():
        block, *rest = key.split(".")
        if block.startswith(("down", "up")) and block != "up8":
            inner = "conv" if block.startswith("down") else "deconv"
            rest = [inner, "1" if rest[0] == "bn" else "0", *rest[1:]]
        out[".".join([block, *rest])] = value
    return out


def as_parallel(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"module.{key}": value for key, value in state.items()}


@pytest.mark.parametrize(
    ("name", "rename"),
    [
        ("unet-faithful", as_published),
        ("unet-faithful", as_parallel),
        ("unet-attention-faithful", as_sequences),
        ("unet-attention-extractor-faithful", as_published),
    ],
)
def test_the_notebooks_checkpoints_are_imported(
    tmp_path: Path, name: str, rename: Callable[[dict[str, Tensor]], dict[str, Tensor]]
) -> None:
    generator = make(name)
    source, out = tmp_path / "att_ext_l1.pth", tmp_path / "x.safetensors"
    torch.save(rename(dict(generator.state_dict())), source)
    result = CliRunner().invoke(models, ["import", str(source), "--out", str(out), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["config"]["name"] == name
    again = load_generator(out)
    assert again.config == generator.config
    assert again.state_dict().keys() == generator.state_dict().keys()
    for key, value in generator.state_dict().items():
        assert torch.equal(again.state_dict()[key], value), key


def test_what_is_imported_lies_beside_its_source(tmp_path: Path) -> None:
    source = tmp_path / "l1.pth"
    torch.save(make("unet-faithful").state_dict(), source)
    result = CliRunner().invoke(models, ["import", str(source)])
    assert result.exit_code == 0, result.output
    out = tmp_path / "l1.safetensors"
    assert load_generator(out).config.name == "unet-faithful"
    held = out.read_bytes()
    again = CliRunner().invoke(models, ["import", str(out), "--force"])
    assert isinstance(again.exception, UsageError) and out.read_bytes() == held


def test_the_notebooks_weights_may_come_as_safetensors(tmp_path: Path) -> None:
    generator = make("unet-faithful")
    path = tmp_path / "l1.safetensors"
    save_file(generator.state_dict(), path, {"format": "pt"})
    assert weights_fingerprint(path) == sha256_of(path)
    assert load_generator(path).config == generator.config


def test_import_replaces_nothing_unasked(tmp_path: Path) -> None:
    out = tmp_path / "x.safetensors"
    out.write_text("precious")
    result = CliRunner().invoke(models, ["import", "any.pth", "--out", str(out)])
    assert isinstance(result.exception, OutputError)
    assert out.read_text() == "precious"


class Bomb:
    """A pickle that makes a folder when it is opened the careless way."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.target),)


def spoil(kind: str, folder: Path) -> Path:
    path = folder / (
        "weights.pth" if kind in ("bomb", "bare bomb", "numbers", "zip") else "weights.safetensors"
    )
    whole = folder / "whole.safetensors"
    generator = make("unet", size=16)
    save_generator(whole, generator, generator.config, {})
    match kind:
        case "bomb":
            torch.save({"down1.conv.weight": Bomb(folder / "exploded")}, path)
        case "bare bomb":
            path.write_bytes(pickle.dumps(Bomb(folder / "exploded")))
        case "numbers":
            torch.save({"epoch": 3}, path)
        case "zip":
            path.write_bytes(b"PK\x03\x04 and nothing else")
        case "truncated":
            path.write_bytes(whole.read_bytes()[:-100])
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("not weights at all")
        case "folder":
            path.mkdir()
        case "foreign":
            save_file({"some.weight": torch.zeros(3)}, path)
        case "of another kind":
            save_file({"some.weight": torch.zeros(3)}, path, {"format": "pt"})
        case "of another version":
            save_file({"some.weight": torch.zeros(3)}, path, {"format": "mangacolor-generator-9"})
        case _:
            config = {"future": {"name": "unet", "wings": 2}, "huge": {"levels": 10**9, "size": 10**9}}
            config |= {"typed": {"width": "64"}, "list": [], "other": {"width": 8, "size": 16, "levels": 4}}
            with safe_open(whole, framework="pt") as file:
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            save_file(tensors, path, {"format": FORMAT, "config": json.dumps(config[kind])})
    return path


FILES = ["bomb", "bare bomb", "numbers", "zip", "truncated", "empty", "text", "folder", "foreign"]
HEADERS = ["of another kind", "of another version", "future", "huge", "typed", "list", "other"]


@pytest.mark.parametrize("kind", [*FILES, *HEADERS])
def test_what_is_no_generator_is_refused_and_never_run(tmp_path: Path, kind: str) -> None:
    path = spoil(kind, tmp_path)
    with pytest.raises(SetupError) as caught:
        load_generator(path)
    assert str(path) in caught.value.message
    assert caught.value.remedy
    assert not (tmp_path / "exploded").exists()


def test_a_name_that_is_unknown_is_told_the_known_ones() -> None:
    with pytest.raises(SetupError, match="defaultt") as caught:
        load_generator("defaultt")
    assert "default" in caught.value.remedy


@pytest.mark.parametrize("kind", ["truncated", "empty", "text", "folder", "foreign", "zip", *HEADERS[:2]])
def test_the_fingerprint_checks_the_form_first(tmp_path: Path, kind: str) -> None:
    with pytest.raises(SetupError):
        weights_fingerprint(spoil(kind, tmp_path))


def test_the_fingerprint_needs_no_torch(tmp_path: Path) -> None:
    generator = make("unet", size=16)
    path = tmp_path / "w.safetensors"
    save_generator(path, generator, generator.config, {})
    program = (
        "import sys; from mangacolor.models.files.reading import weights_fingerprint;"
        f"print(weights_fingerprint({str(path)!r})); assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == sha256_of(path)


@pytest.mark.parametrize("entry", [entry for entry in WEIGHTS if entry.bundled], ids=lambda entry: entry.name)
def test_bundled_weights_are_those_of_the_table(entry: Weights) -> None:
    path = bundled_file(entry)
    if not path.is_file():
        pytest.skip(f"{entry.file} is not bundled yet")
    assert sha256_of(path) == entry.sha256
    load_generator(entry.name)


def test_the_list_tells_licences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    shown = CliRunner().invoke(models, ["list"])
    assert shown.exit_code == 0
    listed = json.loads(CliRunner().invoke(models, ["list", "--json"]).stdout)["weights"]
    states = {row["name"]: row["state"] for row in listed}
    assert states["vgg16"] == "absent"
    for entry in WEIGHTS:
        assert entry.licence in shown.output
        assert entry.name in states


@pytest.mark.parametrize("first", [b"\x80", b"PK"])
def test_a_header_whose_length_looks_like_a_pickle_or_zip_is_read(tmp_path: Path, first: bytes) -> None:
    network = create_generator("unet", 4, levels=3)
    path = tmp_path / "unlucky.safetensors"
    save_generator(path, network, network.config, {"note": ""})
    length = int.from_bytes(path.read_bytes()[:8], "little")
    size = 256 ** len(first)
    padding = (int.from_bytes(first, "little") - length) % size
    save_generator(path, network, network.config, {"note": "x" * padding})
    assert path.read_bytes()[: len(first)] == first
    assert load_generator(path).config == network.config
    assert weights_fingerprint(path)
