"""What runs the networks on a CPU: ncnn where it is installed, else torch. Imports neither."""

from __future__ import annotations

import importlib.util
from typing import Literal

from mangacolor.core.errors import SetupError
from mangacolor.core.installed import has_torch, need_torch

CpuBackend = Literal["torch", "ncnn"]
INSTALL = "pip install ncnn, or choose --cpu-backend auto"


def cpu_backend(choice: str = "auto") -> CpuBackend:
    """The back end that ``--cpu-backend`` means here. Raises ``SetupError`` if it is not installed.

    It is part of the cache keys: the two agree within two levels, not to the bit.
    """
    installed = importlib.util.find_spec("ncnn") is not None
    if choice == "ncnn" and not installed:
        raise SetupError("--cpu-backend ncnn: the package ncnn is not installed", INSTALL)
    if choice == "torch":
        need_torch("--cpu-backend torch", "use --cpu-backend auto")
    if not installed and not has_torch():
        raise SetupError("neither ncnn nor torch is installed: nothing can run a network", "pip install ncnn")
    return "ncnn" if installed and choice != "torch" else "torch"
