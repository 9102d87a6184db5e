"""Which packages are installed, asked without importing them. Colouring on a processor does without torch."""

from __future__ import annotations

import importlib.util
from importlib.metadata import PackageNotFoundError, version

from mangacolor.core.errors import SetupError

INSTALL_TORCH = 'pip install "mangacolor[torch]"'
INSTALL_TRAINING = 'pip install "mangacolor[train]"'

# OpenCV has packages of several names, each with the same ``cv2`` in it.
_PACKAGES_OF = {
    "opencv": (
        "opencv-python-headless",
        "opencv-python",
        "opencv-contrib-python-headless",
        "opencv-contrib-python",
    )
}


def version_of(name: str) -> str | None:
    """The version of an installed package, or None; for ``opencv``, of whichever of its packages is there."""
    for package in _PACKAGES_OF.get(name, (name,)):
        try:
            return version(package)
        except PackageNotFoundError:
            pass
    return None


def has_torch() -> bool:
    """Whether ``import torch`` would find something."""
    return importlib.util.find_spec("torch") is not None


def need_torch(what: str, instead: str = "", install: str = INSTALL_TORCH) -> None:
    """Raise ``SetupError`` where torch is missing. ``what`` needs it; ``instead``: how to go on without."""
    if not has_torch():
        remedy = f"{install}, or {instead}" if instead else install
        raise SetupError(f"{what} needs torch, which is not installed", remedy)
