"""What the program must know of a colour network, and the table of those it knows. Imports no torch.

After spandrel's architectures: a family of networks is one ``Architecture``, which says how a network is
built, which sizes it takes, in which form it runs, and what can be had from it beside the picture. Whoever
runs or trains a network asks its architecture, never what class it is of.

A third-party package adds ``[project.entry-points."mangacolor.generators"]`` with ``name =
"package.module:ARCHITECTURE"``; it is imported when a network of that name is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.core.installed import need_torch

if TYPE_CHECKING:
    from torch import nn

    from mangacolor.models.colour.config import GeneratorConfig
    from mangacolor.models.colour.generator import Generator
    from mangacolor.models.files.arrays import State
    from mangacolor.models.runtime.ncnn_graph import Graph

GROUP = "mangacolor.generators"
TILE = 256  # pixels: the side that networks are trained at, and the most they are shown at once

# Name of a generator: the module of this package whose ``ARCHITECTURE`` it is of.
ARCHITECTURES: Mapping[str, str] = {
    "unet": "unet",
    "unet-attention": "unet",
    "unet-extractor": "unet",
    "unet-attention-extractor": "unet",
    "unet-faithful": "unet",
    "unet-attention-faithful": "unet",
    "unet-extractor-faithful": "unet",
    "unet-attention-extractor-faithful": "unet",
    "unet-palette": "unet",
    "efficient-palette": "efficient",
}


@dataclass(frozen=True, slots=True)
class SizeRequirements:
    """Which pictures a network takes: both sides multiples of ``multiple_of`` pixels (smaller pictures are
    padded), and none longer than ``tile`` (larger ones are cut)."""

    multiple_of: int = 1
    tile: int = TILE


def _no_settings(_name: str, _overrides: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def _no_maps(_config: GeneratorConfig) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Architecture:
    """A family of colour networks.

    ``build(config)`` is a network with fresh weights; ``build(config, context=extractor)`` where the
    configuration asks for the extractor.
    ``size``: which pictures it takes.
    ``settings(name, overrides)``: the fields of ``GeneratorConfig`` that a name of the family stands for,
    beside those that are asked for.
    ``feature_maps(config)``: names of the maps that tell the segments of a picture apart; none for a network
    that gives colour alone. ``VOTES`` among them says that it votes for the colours of its palette.
    ``torch_form(network)``: what runs instead of the network, a module from N×1×H×W grey in [-1, 1] to an
    ``Output`` with those maps; None: a copy of the network as it is. It must leave the network as it was.
    ``ncnn_form(config, state)``: the same as a graph, written from the arrays of a file without torch, with
    the input ``grey`` (H×W) and the outputs ``luma`` 1×H×W, ``chroma`` 2×h×w and the maps by their names;
    None: it runs on torch even where ncnn is asked for. A network with one that votes for the colours of a
    palette has them as ``palette.centres``.
    ``supports_half``: in half precision it differs by at most two levels, so that is how it runs on a GPU.
    """

    build: Callable[..., Generator]
    size: SizeRequirements = SizeRequirements()
    settings: Callable[[str, Mapping[str, Any]], dict[str, Any]] = _no_settings
    feature_maps: Callable[[GeneratorConfig], tuple[str, ...]] = _no_maps
    torch_form: Callable[[Any], nn.Module] | None = None
    ncnn_form: Callable[[GeneratorConfig, State], Graph] | None = None
    supports_half: bool = False


def generator_names() -> tuple[str, ...]:
    """All generators that there are: the built-in ones first, then those that installed packages add."""
    added = entry_points(group=GROUP).names - ARCHITECTURES.keys()
    return (*ARCHITECTURES, *sorted(added))


def find_architecture(name: str) -> Architecture:
    """The architecture of the generator ``name``; a built-in's name means that, whatever packages add.

    Raises ``UsageError`` for a name that nobody has, ``SetupError`` for one that needs torch where there is
    none, and for one that a package adds whose module cannot be imported or holds no ``Architecture``.
    """
    if name not in ARCHITECTURES:
        return _third_party(name)
    try:
        module = import_module(f"mangacolor.models.colour.{ARCHITECTURES[name]}")
    except ModuleNotFoundError as error:
        if error.name == "torch":
            need_torch(f"the colour network {name}")
        raise
    architecture: Architecture = module.ARCHITECTURE
    return architecture


def _third_party(name: str) -> Architecture:
    points = tuple(entry_points(group=GROUP, name=name))
    if not points:
        raise UsageError(
            f"there is no generator called {name!r}",
            f"Install the package that adds it, or choose from {', '.join(generator_names())}.",
        )
    if len(points) > 1:
        raise SetupError(
            f"several packages add a generator called {name!r}: {', '.join(map(_where, points))}",
            "Uninstall all but one of them.",
        )
    try:
        architecture = points[0].load()
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "torch":
            need_torch(f"the colour network {name}")
        raise SetupError(
            f"the generator {name} of {_where(points[0])} cannot be imported: {error}",
            "Mend or uninstall the package that adds it.",
        ) from error
    if not isinstance(architecture, Architecture):
        raise SetupError(
            f"the generator {name} is {_where(points[0])}, which is no Architecture",
            "Its entry point must name an Architecture of mangacolor.models.",
        )
    return architecture


def _where(point: EntryPoint) -> str:
    return f"{point.value} ({point.dist.name})" if point.dist else point.value
