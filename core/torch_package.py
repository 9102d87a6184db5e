"""Whether torch is installed, asked without importing it. Colouring on a processor does without."""

from __future__ import annotations

import importlib.util

from mangacolor.core.errors import SetupError

INSTALL_TORCH = 'pip install "mangacolor[torch]"'


def has_torch() -> bool:
    """Whether ``import torch`` would find something."""
    return importlib.util.find_spec("torch") is not None


INSTALL_TRAINING = 'pip install "mangacolor[train]"'


def need_torch(what: str, instead: str = "", install: str = INSTALL_TORCH) -> None:
    """Raise ``SetupError`` where torch is missing. ``what`` needs it; ``instead``: how to go on without."""
    if not has_torch():
        remedy = f"{install}, or {instead}" if instead else install
        raise SetupError(f"{what} needs torch, which is not installed", remedy)
