"""The network that a series is learnt on, and whether the file of what is learnt may lie where it is to."""

from __future__ import annotations

from pathlib import Path

from mangacolor.core.atomic import check_writable, output_errors
from mangacolor.core.errors import SetupError, UsageError
from mangacolor.models.colour.series.file import is_base_name, is_series_file
from mangacolor.models.colour.series.weights import open_weights
from mangacolor.models.files.known import find_weights
from mangacolor.models.files.reading import weights_fingerprint

# Bytes of what is written, about: there must be room for it before minutes are spent.
BYTES_OF_A_FILE = 2 * 2**20


def find_base(base: str, out: Path) -> tuple[str, str]:
    """What the file is to call its base, and the sha256 of that.

    Raises ``UsageError`` where the base is itself a series' file, or would not lie beside ``out``, and where
    a network's own file or a folder lies at ``out``; ``OutputError`` where that cannot be written.
    """
    _check_place(out)
    opened = open_weights(base)
    if opened.series is not None:
        raise UsageError(
            f"{base} is a series' file, and a series is learnt on a network",
            f"Learn on its own base: --from {opened.series.base}.",
        )
    digest = weights_fingerprint(base)
    entry = find_weights(base)
    if entry is not None:
        return entry.name, digest
    path = Path(base).resolve()
    if not is_base_name(path.name):
        raise UsageError(
            f"{path.name!r} is no name that the file of a series can keep",
            "Rename the network, or link to it.",
        )
    if path.parent != out.resolve().parent:
        raise UsageError(
            f"{out} needs {path.name} beside it whenever it is used", f"Give an --out in {path.parent}."
        )
    return path.name, digest


def _check_place(out: Path) -> None:
    """Raise ``UsageError`` for what learning must not write over, a network or a folder, and ``OutputError``
    where it could not write at all."""
    with output_errors(out):
        there = out.exists()
    try:
        may_go = not there or (out.is_file() and is_series_file(out))
    except SetupError:  # a damaged file: to learn again is the remedy
        may_go = True
    if not may_go:
        raise UsageError(f"{out} is there, and is no file of a series", "Give --out another name.")
    check_writable(out, BYTES_OF_A_FILE)
