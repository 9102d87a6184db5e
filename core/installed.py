"""Which packages are installed, asked without importing them, and how to install more of them.

Colouring on a processor does without torch.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, requires, version
from urllib.parse import urlparse
from urllib.request import url2pathname

from mangacolor.core.errors import SetupError
from mangacolor.core.system.kind import on_windows

TORCH, TRAINING = "torch", "train"  # extras
STUDIO = ("starlette", "uvicorn")  # packages that the studio needs; the extra of its name brings them
# Extras that are not for everybody: to work on mangacolor, and what no one line of pip installs everywhere.
_NOT_OFFERED = ("dev", "realesrgan")
_PLAIN_WORD = re.compile(r"[\w.:\\/=+-]+")  # that no shell of Windows takes for more than a word

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


def missing_of_extras() -> dict[str, tuple[str, ...]]:
    """For each extra that is offered, its packages that are not installed."""
    wanted: dict[str, list[str]] = {}
    for requirement in requires("mangacolor") or ():
        name, extra = (
            re.search(what, requirement) for what in (r"^[\w.-]+(\[[\w,]+\])?", r"extra == .(\S+).")
        )
        if name and extra and extra[1] not in _NOT_OFFERED:
            wanted.setdefault(extra[1], []).append(name[0])
    return {extra: tuple(_missing(names, wanted)) for extra, names in wanted.items()}


def _missing(names: Iterable[str], wanted: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for name in names:
        own = re.fullmatch(r"mangacolor\[(.+)\]", name)
        if own:
            yield from _missing([some for extra in own[1].split(",") for some in wanted[extra]], wanted)
        elif version_of(name) is None:
            yield name


def has_packages(packages: Iterable[str]) -> bool:
    """Whether importing these would find something."""
    return all(importlib.util.find_spec(name) is not None for name in packages)


def has_torch() -> bool:
    """Whether ``import torch`` would find something."""
    return has_packages(("torch",))


@cache
def install_command(extra: str) -> str:
    """What to type to get the packages of an extra: from where mangacolor itself was installed."""
    return f"pip install {_requirement(extra)}"


@cache
def reinstall_command() -> str:
    """What to type to have the files that come with mangacolor put in their place again."""
    return f"pip install --force-reinstall --no-deps {_requirement()}"


def _requirement(extra: str = "") -> str:
    """mangacolor, with an extra if there is one, as pip takes it from where it was installed.

    That is a folder, as a checkout is, or a wheel, if its ``direct_url.json`` says so (PEP 610); else the
    package index.
    """
    try:
        origin = json.loads(distribution("mangacolor").read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        origin = {}
    extras = f"[{extra}]" if extra else ""
    if "archive_info" in origin:
        return quoted(f"mangacolor{extras} @ {origin['url']}")
    if "dir_info" not in origin:
        return f'"mangacolor{extras}"' if extras else "mangacolor"
    folder = url2pathname(urlparse(origin["url"]).path)
    editable = "-e " if origin["dir_info"].get("editable") else ""
    return f"{editable}{quoted(f'{folder}{extras}')}"


def quoted(word: str) -> str:
    """A word of a command line as this system's shell takes it; those of Windows know double quotes only."""
    if not on_windows():
        return shlex.quote(word)
    return word if _PLAIN_WORD.fullmatch(word) else '"' + word.replace('"', '\\"') + '"'


def command_line(words: Iterable[str]) -> str:
    """Words as one line that this system's shell takes apart again."""
    return " ".join(map(quoted, words))


def need_packages(what: str, packages: Iterable[str], extra: str) -> None:
    """Raise ``SetupError`` where a module is missing that ``what`` needs; the ``extra`` brings them."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise SetupError(
            f"{what} needs packages that are not installed: {', '.join(missing)}",
            f"Install them: {install_command(extra)}",
        )


def need_torch(what: str, instead: str = "", extra: str = TORCH) -> None:
    """Raise ``SetupError`` where torch is missing. ``what`` needs it; ``instead``: how to go on without.

    ``extra``: what of mangacolor's brings it, and the rest that ``what`` needs.
    """
    if not has_torch():
        install = install_command(extra)
        remedy = f"{install}, or {instead}" if instead else install
        raise SetupError(f"{what} needs torch, which is not installed", remedy)
