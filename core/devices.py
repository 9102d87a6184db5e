"""Which device a run computes on. Here alone the engine imports torch, and only when work begins."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import re
from functools import cache
from pathlib import Path

from mangacolor.core.cpu import usable_cores
from mangacolor.core.errors import SetupError, UsageError
from mangacolor.core.wording import counted


def check_device_name(name: str) -> None:
    """Raise ``UsageError`` unless ``name`` is auto, cpu, cuda, cuda:N or mps."""
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", name):
        raise UsageError(f"--device {name}: no such device", "Use auto, cpu, cuda, cuda:N or mps.")


def resolve_device(name: str) -> str:
    """``cpu``, ``cuda:N`` or ``mps`` for a ``--device``. Raises ``SetupError`` if it is not there."""
    check_device_name(name)
    if name == "cpu":
        return name
    import torch

    has_cuda, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        device = "cuda:0" if has_cuda else "mps" if has_mps else "cpu"
        if not device.startswith(device_kind(name)):  # keys say what pages are made on
            raise SetupError(
                f"this machine has a {device_kind(name)} device, but torch cannot use it",
                "Use --device cpu, or install a driver that fits this torch.",
            )
        return device
    if name == "mps":
        if not has_mps:
            raise SetupError("--device mps: this machine has no such device", "Use --device cpu.")
        return name
    number = int(name.partition(":")[2] or 0)
    count = torch.cuda.device_count() if has_cuda else 0
    if number >= count:
        raise SetupError(
            f"--device {name}: torch sees {counted(count, 'CUDA device')}",
            "Use --device cpu, or see `mangacolor doctor`.",
        )
    return f"cuda:{number}"


@cache
def device_kind(name: str) -> str:
    """``cpu``, ``cuda`` or ``mps``: what a ``--device`` comes down to, found without importing torch.

    It is what cache keys hold: cards of one kind give the same pages to within a level, but other
    networks are chosen for a card than for a processor.
    """
    if name != "auto":
        return name.partition(":")[0]
    built_for = _torch_build()
    if (built_for["cuda"] and _cuda_devices()) or (built_for["hip"] and Path("/dev/kfd").exists()):
        return "cuda"  # torch calls AMD's cards so, too
    return "mps" if (platform.system(), platform.machine()) == ("Darwin", "arm64") else "cpu"


def _torch_build() -> dict[str, bool]:
    """Which kinds of card the installed torch was built for, from the file in which it says so."""
    spec = importlib.util.find_spec("torch")
    try:
        text = Path(spec.origin).with_name("version.py").read_text("utf-8") if spec and spec.origin else ""
    except OSError:
        text = ""
    return {kind: re.search(rf"(?m)^{kind}\b.*= *'", text) is not None for kind in ("cuda", "hip")}


def _cuda_devices() -> int:
    """How many CUDA devices the driver shows to this process."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    works = driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0
    return count.value if works else 0


def set_torch_threads() -> None:
    """Fix torch's threads for the calling thread.

    Called in the thread that computes, since OpenMP counts per thread. The number is the machine's,
    never ``--jobs``: sums in another order would change the last bit.
    """
    import torch

    torch.set_num_threads(usable_cores())
