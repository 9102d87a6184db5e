"""Which packages are installed, and of which version."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError

import cv2
import numpy as np
import pytest

from mangacolor.core import installed


def only(monkeypatch: pytest.MonkeyPatch, **packages: str) -> None:
    """Have these packages, and no others."""

    def version(name: str) -> str:
        try:
            return packages[name.replace("-", "_")]
        except KeyError:
            raise PackageNotFoundError(name) from None

    monkeypatch.setattr(installed, "version", version)


def test_versions_of_what_is_here() -> None:
    assert installed.version_of("numpy") == np.__version__
    assert (installed.version_of("opencv") or "").startswith(cv2.__version__)
    assert installed.version_of("no-such-package") is None


@pytest.mark.parametrize("package", ["opencv_python_headless", "opencv_python", "opencv_contrib_python"])
def test_opencv_is_seen_under_any_of_its_names(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    only(monkeypatch, **{package: "5.1"})
    assert installed.version_of("opencv") == "5.1"


def test_an_opencv_that_is_missing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, opencv="4", numpy="2")
    assert installed.version_of("opencv") is None
