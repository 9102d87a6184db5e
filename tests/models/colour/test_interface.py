"""The table of colour networks: every row says what it must, and a network that only colours is enough."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from torch import Tensor, nn

from mangacolor.core.colour import chroma
from mangacolor.core.errors import SetupError, UsageError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Image
from mangacolor.models import create_generator, save_generator
from mangacolor.models.colour.interface import ARCHITECTURES, find_architecture, generator_names
from mangacolor.models.colour.prediction import VOTES
from mangacolor.models.colour.runner import colour_runner
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.run import run
from mangacolor.stages.registry import default_graph
from mangacolor.tests.helpers.stages import bench, comic_page


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_row_says_what_it_must(name: str) -> None:
    architecture = find_architecture(name)
    network = create_generator(name, 4).eval()
    assert network.config.name == name
    maps = architecture.feature_maps(network.config)
    assert (VOTES in maps) <= (network.palette is not None)
    side = architecture.size.multiple_of
    assert architecture.size.tile % side == 0
    grey = np.full((side, side), 90, np.uint8)
    (coloured,) = colour_runner(network).run([grey], maps)
    assert coloured.picture.shape == (side, side, 3)
    assert np.abs(coloured.picture).max() <= 1
    assert tuple(coloured.maps) == maps
    assert all(features.ndim == 3 for features in coloured.maps.values())


def test_the_table_needs_no_torch() -> None:
    program = (
        "import sys; from mangacolor.models.colour.interface import ARCHITECTURES;"
        "assert 'torch' not in sys.modules and 'unet' in ARCHITECTURES"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(UsageError, match="resnet") as caught:
        find_architecture("resnet")
    assert all(name in caught.value.remedy for name in ARCHITECTURES)


# The least that a colour network can be, in a package of its own: no base class, no palette, no feature maps.
ONLY_COLOUR = """
import torch
from torch import nn
from mangacolor.models import Architecture

class OnlyColour(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.tint = nn.Conv2d(1, 3, 1)

    def forward(self, grey):
        return torch.tanh(self.tint(grey))

ARCHITECTURE = Architecture(build=OnlyColour)
"""


def add_package(site: Path, module: str, code: str, *generators: str) -> None:
    """What installing a package leaves: a module, and a list of its entry points."""
    (site / f"{module}.py").write_text(code, encoding="utf-8")
    about = site / f"{module}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    points = "".join(f"{generator} = {module}:ARCHITECTURE\n" for generator in generators)
    (about / "entry_points.txt").write_text(f"[mangacolor.generators]\n{points}")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that packages are found in, until the test ends."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def test_packages_add_generators(site: Path) -> None:
    add_package(site, "two_of_them", ONLY_COLOUR, "only-colour", "unet")
    assert generator_names() == (*ARCHITECTURES, "only-colour")
    assert isinstance(create_generator("only-colour").get_parameter("tint.weight"), Tensor)
    assert create_generator("unet", width=1).config.levels > 0  # a built-in's name stays the built-in's


@pytest.mark.parametrize(
    ("code", "told"),
    [("import no_such_module", "cannot be imported"), ("ARCHITECTURE = dict", "which is no Architecture")],
)
def test_a_package_whose_generator_is_unusable_is_named(site: Path, code: str, told: str) -> None:
    add_package(site, "broken_one", code, "broken")
    with pytest.raises(SetupError, match=rf"broken_one.*{told}"):
        create_generator("broken")


def test_a_name_that_two_packages_give_is_nobodys(site: Path) -> None:
    add_package(site, "first_one", ONLY_COLOUR, "twice")
    add_package(site, "second_one", ONLY_COLOUR, "twice")
    with pytest.raises(SetupError, match=r"first_one.*second_one|second_one.*first_one"):
        create_generator("twice")


@pytest.fixture
def only_colour(site: Path, tmp_path: Path) -> Path:
    """Weights of a network that a package adds."""
    add_package(site, "only_colour", ONLY_COLOUR, "only-colour")
    network = create_generator("only-colour")
    nn.init.constant_(network.get_parameter("tint.weight"), 0.8)
    with torch.no_grad():
        network.get_parameter("tint.bias").copy_(torch.tensor([0.2, 0.0, -0.3]))
    path = tmp_path / "only-colour.safetensors"
    save_generator(path, network, network.config, {})
    return path


def test_a_network_that_gives_only_rgb_goes_through_the_whole_command(
    only_colour: Path, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    for number in range(2):
        (tmp_path / "in" / f"{number}.png").write_bytes(bench(comic_page()).source)
    options = Options(scale="1", weights=str(only_colour), device="cpu", cpu_backend="auto")
    result = run(
        [tmp_path / "in"],
        tmp_path / "out",
        options,
        RunOptions(keep=True),
        graph=default_graph(),
        emit=lambda _event: None,
        cancel=CancelToken(),
    )
    assert (result.status, result.done) == (0, 2)
    pages = [page_of(file) for file in sorted((tmp_path / "out").glob("*.png"))]
    assert len(pages) == 2
    for page in pages:
        assert np.hypot(*chroma(page))[400:580, 60:380].mean() > 10  # the lower panel
    document = json.loads((tmp_path / "out" / ".mangacolor" / "palette.json").read_text("utf-8"))
    seen_on = [{page for page, _ in group["seen"]} for group in document["groups"]]
    assert {"0.png", "1.png"} in seen_on  # harmonize compares tone and texture alone


def page_of(file: Path) -> Image:
    with PilImage.open(file) as picture:
        return np.asarray(picture.convert("RGB"))
