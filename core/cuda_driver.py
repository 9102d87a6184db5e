"""What NVIDIA's driver says of itself and its cards, asked directly: torch takes a second to import."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from typing import Any, Final

_LIBRARY: Final = "nvcuda.dll" if os.name == "nt" else "libcuda.so.1"
_NAME_BYTES: Final = 256
# CUdevice_attribute of the CUDA driver API
_CAPABILITY_MAJOR: Final = 75
_CAPABILITY_MINOR: Final = 76


@dataclass(frozen=True, slots=True)
class Card:
    """A card. ``memory`` in bytes; ``capability`` is its compute capability, as (8, 6)."""

    name: str
    memory: int
    capability: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Driver:
    """``cuda``: the newest that it runs, as (12, 4). ``cards``: those shown to this process, in order."""

    cuda: tuple[int, int]
    cards: tuple[Card, ...]


def find_driver() -> Driver | None:
    """The driver and its cards; None where there is no driver or it does not start."""
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError:
        return None
    count = _number(library, "cuDeviceGetCount") if library.cuInit(0) == 0 else None
    if count is None:
        return None
    version = _number(library, "cuDriverGetVersion") or 0  # 1000 × major + 10 × minor
    cards = tuple(_card(library, number) for number in range(count))
    return Driver((version // 1000, version % 1000 // 10), cards)


def _card(library: Any, number: int) -> Card:
    handle = ctypes.c_int(0)
    library.cuDeviceGet(ctypes.byref(handle), number)
    name = ctypes.create_string_buffer(_NAME_BYTES)
    library.cuDeviceGetName(name, _NAME_BYTES, handle)
    memory = ctypes.c_size_t(0)
    library.cuDeviceTotalMem_v2(ctypes.byref(memory), handle)
    major, minor = (
        _number(library, "cuDeviceGetAttribute", attribute, handle) or 0
        for attribute in (_CAPABILITY_MAJOR, _CAPABILITY_MINOR)
    )
    return Card(name.value.decode(errors="replace"), memory.value, (major, minor))


def _number(library: Any, function: str, *arguments: Any) -> int | None:
    """What a function of the driver writes to its first parameter; None if it fails."""
    value = ctypes.c_int(0)
    failed = getattr(library, function)(ctypes.byref(value), *arguments)
    return None if failed else value.value
