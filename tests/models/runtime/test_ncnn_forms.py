"""Networks for ncnn, written from arrays: the numbers that torch would fold, and what torch computes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from mangacolor.core.errors import SetupError
from mangacolor.core.types import Image
from mangacolor.models import create_generator, save_generator
from mangacolor.models.colour.efficient_layout import NORM_EPS
from mangacolor.models.colour.efficient_unet import EfficientUNet, Up
from mangacolor.models.colour.folded import fold_norm as fold_in_torch
from mangacolor.models.colour.palette_head import to_rgb
from mangacolor.models.colour.prediction import VOTES, scale_tile
from mangacolor.models.colour.runner import colour_runner, load_colour_runner
from mangacolor.models.encoders.efficientnet_layout import SCALINGS
from mangacolor.models.files.arrays import State, fold_norm, read_arrays
from mangacolor.models.files.reading import BUNDLED
from mangacolor.models.page.networks import descreener, page_reader
from mangacolor.models.runtime.ncnn_graph import Network
from mangacolor.training.colour.pairing import pair_networks

pytest.importorskip("ncnn")


def shuffled(network: torch.nn.Module) -> None:
    """Norms as after training: as fresh, folding would have nothing to do."""
    for norm in (module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)):
        for tensor, low, high in ((norm.running_mean, -1, 1), (norm.running_var, 0.1, 3)):
            assert tensor is not None
            tensor.uniform_(low, high)
        norm.weight.data.uniform_(0.3, 2)
        norm.bias.data.uniform_(-1, 1)


def drawing(height: int, width: int) -> Image:
    rng = np.random.default_rng(height)
    page = np.full((height, width), 235, np.int16) + rng.integers(-20, 20, (height, width), np.int16)
    page[20:-20:7, 15:-15] = 10
    page[30:-30, 40:60] = 128
    return np.asarray(page.clip(0, 255), np.uint8)


def test_norms_are_folded_to_the_bits_that_torch_gives() -> None:
    torch.manual_seed(0)
    up = Up(37, 20, 24)
    shuffled(up)
    state = State({name: tensor.numpy() for name, tensor in up.state_dict().items()}, "up")
    ours = fold_norm(state, "conv", "norm", (24, 57, 3, 3), NORM_EPS)
    for mine, theirs in zip(ours, fold_in_torch(up.conv, up.norm), strict=True):
        assert np.array_equal(mine, theirs.detach().numpy())


@pytest.mark.parametrize("size", SCALINGS)
@pytest.mark.parametrize("attention", [0, 4])
def test_a_file_colours_as_its_network_does(size: str, attention: int, tmp_path: Path) -> None:
    torch.manual_seed(2)
    network = create_generator("efficient-palette", 8, encoder=size, attention=attention, temperature=0.37)
    assert isinstance(network, EfficientUNet)
    shuffled(network)
    network.palette.centres.uniform_(-0.4, 0.4)
    if network.attn is not None:
        network.attn.gamma.data.fill_(0.5)
    path = tmp_path / "mine.safetensors"
    save_generator(path, network, network.config, {}, half=False)
    grey = drawing(64, 96)
    (made,) = load_colour_runner(path, backend="ncnn").run([grey], ())
    (expected,) = colour_runner(network.eval()).run([grey], ())
    assert np.ptp(expected.picture) > 0.2
    assert np.abs(made.picture - expected.picture).max() < 1e-3


def test_a_pair_of_networks_gives_the_mean_of_their_votes_and_the_maps_of_the_second(tmp_path: Path) -> None:
    torch.manual_seed(3)
    first, second = (
        create_generator("efficient-palette", width, encoder=size, temperature=0.9).eval()
        for width, size in ((8, "lite1"), (6, "lite0"))
    )
    assert isinstance(first, EfficientUNet) and isinstance(second, EfficientUNet)
    for network in (first, second):
        shuffled(network)
    first.palette.centres.uniform_(-0.4, 0.4)
    second.palette.centres.copy_(first.palette.centres)
    second.palette.votes[-1][2].weight.data.zero_()  # type: ignore[index]
    second.palette.votes[-1][2].bias.data.zero_()  # type: ignore[index]
    pair = pair_networks(first, second, temperature=0.5)
    path = tmp_path / "pair.safetensors"
    save_generator(path, pair, pair.config, {}, half=False)
    grey = drawing(64, 96)
    tensor = torch.from_numpy(scale_tile(grey))[None, None]
    with torch.inference_mode():
        votes = [network.colour_and_logits(tensor)[1] for network in (first, second)]
        mean = (votes[0] + votes[1]) / 2 / 0.5
        (alone,) = colour_runner(second).run([grey], ("eighth",))
    for backend in ("torch", "ncnn"):
        (made,) = load_colour_runner(path, backend=backend).run([grey], ("eighth", VOTES))
        pooled = torch.nn.functional.avg_pool2d(mean, 2)[0].numpy()
        assert np.abs(made.maps[VOTES] - pooled).max() < 1e-3 * np.abs(pooled).max(), backend
        assert np.abs(made.maps["eighth"] - alone.maps["eighth"]).max() < 1e-3, backend
        luma, _ = first.luma_and_logits(tensor)
        expected = to_rgb(luma, pair.palette.chroma(mean * 0.5))[0].permute(1, 2, 0).detach().numpy()
        assert np.abs(made.picture - expected).max() < 1e-3, backend
        assert np.ptp(expected) > 0.2


@pytest.mark.parametrize("name", ["panels", "panels.newspaper", "balloons"])
@pytest.mark.parametrize("shape", [(1, 1), (33, 70), (300, 220)])
def test_the_page_network_is_torch_s_to_within_a_level(name: str, shape: tuple[int, int]) -> None:
    page = drawing(300, 220)[: shape[0], : shape[1]]
    ours, theirs = (
        page_reader(BUNDLED / f"{name}.safetensors", backend)(page) for backend in ("ncnn", "torch")
    )
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.shape == shape and mine.dtype == np.uint8
        assert np.abs(mine.astype(int) - other).max() <= 1
        assert (mine != other).mean() < 1e-3 or shape == (1, 1)


@pytest.mark.parametrize("shape", [(1, 1), (33, 70), (250, 200)])
def test_the_descreener_is_torch_s_to_within_a_level(shape: tuple[int, int]) -> None:
    page = drawing(250, 200)[: shape[0], : shape[1]]
    mine, other = (descreener(backend)(page) for backend in ("ncnn", "torch"))
    assert mine.shape == shape
    assert np.abs(mine.astype(int) - other).max() <= 1 and (mine != other).mean() < 1e-3


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wrong.safetensors"
    tensors = load_file(BUNDLED / "descreen.safetensors")
    for change in ({"up.bias": torch.zeros(3)}, {"more": torch.zeros(1)}):
        save_file(tensors | change, path)
        descreener.cache_clear()
        with pytest.raises(SetupError, match=r"wrong\.safetensors is of another network"):
            descreener("ncnn", path)
    save_file({"down.bias": tensors["down.bias"]}, path)
    with pytest.raises(SetupError, match="it lacks"):
        descreener("ncnn", path)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(SetupError, match=r"wrong\.safetensors is not a whole file"):
        descreener("ncnn", path)


def test_arrays_are_what_torch_reads(tmp_path: Path) -> None:
    path = tmp_path / "all.safetensors"
    torch.manual_seed(0)
    kinds = (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64)
    tensors = {str(kind): (torch.randn(3, 5) * 9).to(kind) for kind in kinds}
    save_file(tensors, path)
    for name, array in read_arrays(path).items():
        assert np.array_equal(array.astype(np.float64), tensors[name].double().numpy())


# Of a process of its own, as what others have freed would be taken for what is given back.
@pytest.mark.parametrize("rare", [False, True])
def test_a_network_that_is_rarely_asked_keeps_no_memory(rare: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    released: list[Network] = []
    monkeypatch.setattr(Network, "release", lambda network: released.extend([network]))
    page_reader(BUNDLED / "panels.newspaper.safetensors", "ncnn", rare=rare)(drawing(64, 64))
    assert len(released) == rare


RESIDENT = """
import os, pathlib, numpy as np
from mangacolor.models.page import networks
from mangacolor.models.files.reading import BUNDLED

def resident():
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

read = networks.page_reader(BUNDLED / "panels.safetensors", "ncnn")
page = np.full((1600, 1200), 235, np.uint8)
read(page)
before, usual = resident(), networks.USUAL
for networks.USUAL in (2 * page.size, usual):
    read(page)
    print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="what is resident is read as Linux tells it")
def test_memory_that_a_large_picture_took_is_given_back() -> None:
    """Networks of pages stay in a server for days, and ncnn keeps what the largest strip took."""
    command = [sys.executable, "-c", RESIDENT]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    kept, left = map(float, told)
    assert kept > 200, "nothing is kept, so nothing is tested"
    assert left < kept / 2  # what is left is malloc's, and as often nothing
