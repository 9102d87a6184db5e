"""The weights that mangacolor knows by name. Data only.

``sha256`` may be the start of the hash, where the publisher gives no more (torchvision and the
danbooru release put its first eight digits into the file name). A bundled file lies in
``models/weights``; the others are fetched once from ``origin`` into the user's cache, or given as
files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Weights:
    """One file of weights: what it is, where it comes from, and under which terms."""

    name: str
    file: str
    sha256: str
    architecture: str
    licence: str
    origin: str
    attribution: str
    role: Literal["generator", "extractor", "vgg"]
    bundled: bool = False


WEIGHTS: tuple[Weights, ...] = (
    Weights(
        name="default",
        file="default.safetensors",
        sha256="44a8f05dca5ddaebbd572124b794d225de71c53b7c15fa595127db0f3ce07bfc",
        architecture="efficient-palette, width 56 on EfficientNet-Lite2, with a partner of 40 on Lite0",
        licence="CC-BY-SA-4.0",
        origin="bundled with mangacolor",
        attribution="mangacolor; see NOTICE for the pictures it was trained on",
        role="generator",
        bundled=True,
    ),
    Weights(
        name="danbooru-resnet50",
        file="resnet50-13306192.pth",
        sha256="13306192",
        architecture="ResNet-50 with a 6000-tag head",
        licence="MIT, adapted: with attribution to M. Baas",
        origin="https://github.com/RF5/danbooru-pretrained/releases/download/v0.1/resnet50-13306192.pth",
        attribution="Matthew Baas, danbooru-pretrained (2020)",
        role="extractor",
    ),
    Weights(
        name="vgg16",
        file="vgg16-397923af.pth",
        sha256="397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
        architecture="VGG-16, trained on ImageNet",
        licence="BSD-3-Clause (torchvision)",
        origin="https://download.pytorch.org/models/vgg16-397923af.pth",
        attribution="torchvision; Simonyan and Zisserman (2014)",
        role="vgg",
    ),
)


@dataclass(frozen=True, slots=True)
class BundledNetwork:
    """A file in ``models/weights`` that no option names. ``does``: its network, for messages."""

    file: str
    sha256: str
    does: str


PANELS = BundledNetwork(
    file="panels.safetensors",
    sha256="c914748938f6da87a2d147c6317ed52f15d105275d2efc5410cecdc47fc20a1f",
    does="finds panels",
)
NEWSPAPER_PANELS = BundledNetwork(  # the same on yellowed paper
    file="panels.newspaper.safetensors",
    sha256="d8f297b50dcdde0e5563bd720fc6b4bfc5dcee2f98d92bf7847d92ad0aa2563b",
    does="finds panels on yellowed paper",
)
BALLOONS = BundledNetwork(
    file="balloons.safetensors",
    sha256="9a7c5683d2fb76b648bb0e85c5e223d438fb2f8ad9abd31bfbb8cdf8cb41d565",
    does="finds balloons",
)
DESCREEN = BundledNetwork(
    file="descreen.safetensors",
    sha256="cb00b0607bca88620fd7624c02a23d72c0490ad20f0290e7a89dce8c60a23108",
    does="reads screentone",
)
SURFACES = BundledNetwork(  # of the colour network ``default``, beside which it lies
    file="default.surfaces.safetensors",
    sha256="14078b674c1e72f6246ed276230c717acadfa642d5906467f23db0998a23a1bd",
    does="tells surfaces apart",
)
IDENTITY = BundledNetwork(  # of the same colour network
    file="default.identity.safetensors",
    sha256="015d41b297ac124150aa06a3b832375a40983370f04635aede769a39c6072a91",
    does="tells things apart for edits",
)
COHORT = BundledNetwork(  # of both
    file="default.cohort.safetensors",
    sha256="3f14fb757a9ee74f828fd5968e51890233c947845d076cacd977f61516b51623",
    does="says how far apart things lie",
)
BUNDLED_NETWORKS = (PANELS, NEWSPAPER_PANELS, BALLOONS, DESCREEN, SURFACES, IDENTITY, COHORT)


def find_weights(name: str) -> Weights | None:
    """The entry called ``name``, or None."""
    return next((entry for entry in WEIGHTS if entry.name == name), None)
