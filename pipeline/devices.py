"""Which device a run computes on. Here alone the engine imports torch, and only when work begins."""

from __future__ import annotations

import re

from mangacolor.cores import usable_cores
from mangacolor.errors import SetupError, UsageError


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
        return "cuda:0" if has_cuda else "mps" if has_mps else "cpu"
    if name == "mps":
        if not has_mps:
            raise SetupError("--device mps: this machine has no such device", "Use --device cpu.")
        return name
    number = int(name.partition(":")[2] or 0)
    count = torch.cuda.device_count() if has_cuda else 0
    if number >= count:
        raise SetupError(
            f"--device {name}: torch sees {count} CUDA devices",
            "Use --device cpu, or see `mangacolor doctor`.",
        )
    return f"cuda:{number}"


def set_torch_threads() -> None:
    """Fix torch's threads for the calling thread.

    Called in the thread that computes, since OpenMP counts per thread. The number is the machine's,
    never ``--jobs``: sums in another order would change the last bit.
    """
    import torch

    torch.set_num_threads(usable_cores())
