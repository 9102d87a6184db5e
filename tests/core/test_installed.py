"""Which packages are installed, and of which version."""

from __future__ import annotations

import shlex
from importlib.metadata import PackageNotFoundError

import cv2
import numpy as np
import pytest

from mangacolor.core import installed
from mangacolor.core.installed import install_command, reinstall_command


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


@pytest.mark.parametrize(
    ("origin", "command", "again"),
    [
        (None, 'pip install "mangacolor[serve]"', "mangacolor"),
        (
            '{"url": "https://example.org/m.whl", "archive_info": {}}',
            "pip install 'mangacolor[serve] @ https://example.org/m.whl'",
            "'mangacolor @ https://example.org/m.whl'",
        ),
        (
            '{"url": "file:///books/a%20b/m", "dir_info": {}}',
            "pip install '/books/a b/m[serve]'",
            "'/books/a b/m'",
        ),
        (
            '{"url": "file:///src/m", "dir_info": {"editable": true}}',
            "pip install -e '/src/m[serve]'",
            "-e /src/m",
        ),
    ],
)
def test_it_is_had_from_where_mangacolor_came_from(
    origin: str | None, command: str, again: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Installed:
        def read_text(self, name: str) -> str | None:
            assert name == "direct_url.json"
            return origin

    monkeypatch.setattr(installed, "distribution", lambda _name: Installed())
    for known in (install_command, reinstall_command):
        known.cache_clear()
    try:
        assert install_command("serve") == command
        assert reinstall_command() == f"pip install --force-reinstall --no-deps {again}"
    finally:
        for known in (install_command, reinstall_command):
            known.cache_clear()


def test_windows_takes_double_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mangacolor.core.system.kind.NAME", "nt")
    assert installed.quoted("C:\\my books\\m[serve]") == '"C:\\my books\\m[serve]"'
    words = ["mangacolor", "palette", "C:\\a & b", "--out=D:\\out", 'x=["y"]']
    assert installed.command_line(words) == ('mangacolor palette "C:\\a & b" --out=D:\\out "x=[\\"y\\"]"')


def test_a_command_line_is_taken_apart_again() -> None:
    words = ["mangacolor", "it's here", "", "a b", "$HOME"]
    assert shlex.split(installed.command_line(words)) == words


def test_extras_say_what_of_them_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        "numpy>=2",
        'torch>=2.6; extra == "torch"',
        'torchvision>=0.21; extra == "torch"',
        'mangacolor[torch]; extra == "train"',
        'scikit-image>=0.24; extra == "train"',
        'libarchive-c>=5; extra == "archives"',
        'pytest>=8; extra == "dev"',
    ]
    monkeypatch.setattr(installed, "requires", lambda _: rows)
    there = {"torch": "2", "libarchive-c": "5"}
    monkeypatch.setattr(installed, "version_of", there.get)
    assert installed.missing_of_extras() == {
        "torch": ("torchvision",),
        "train": ("torchvision", "scikit-image"),
        "archives": (),
    }


def test_all_extras_of_the_guide_are_told_of() -> None:
    told = installed.missing_of_extras()
    assert {
        "torch",
        "train",
        "archives",
        "studio",
        "serve",
        "watch",
        "cluster",
        "more-formats",
    } <= told.keys()
    assert "dev" not in told
