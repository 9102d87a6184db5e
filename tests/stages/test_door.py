"""``mangacolor.stages``: what stages of other packages import."""

from __future__ import annotations

import subprocess
import sys

import pytest

import mangacolor.stages


def test_its_names_are_there() -> None:
    for name in mangacolor.stages.__all__:
        assert getattr(mangacolor.stages, name) is not None
        assert name in dir(mangacolor.stages)
    with pytest.raises(AttributeError, match=r"mangacolor\.stages.*Stages"):
        mangacolor.stages.Stages  # noqa: B018


def test_it_is_cheap_until_a_name_is_used() -> None:
    code = "import sys, mangacolor.stages; print(sorted({'torch', 'cv2', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
