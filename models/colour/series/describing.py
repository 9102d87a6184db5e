"""What a series' file says of itself, for people: what it was learnt from, and whether it can be used."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mangacolor.core.errors import SetupError
from mangacolor.core.wording import byte_size, counted
from mangacolor.models.colour.series.file import is_series_file, read_series_file
from mangacolor.models.colour.series.weights import open_weights
from mangacolor.models.files.known import find_weights

# Facts of learning that are told, of those in the file: whole numbers, whatever else somebody has put there.
COUNTED = ("pages", "panels", "steps", "seed")


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """``file``: its path. ``name``: the series', "" for none. ``base``: the network that it was learnt on.

    ``base_sha256``: of that. ``bytes``: the file's size. ``surfaces``: rows of its table. ``learnt``: by
    ``COUNTED``, as far as the file tells. ``fits``: whether its base is here; else ``why`` not.
    """

    file: str
    name: str
    base: str
    base_sha256: str
    bytes: int
    surfaces: int
    learnt: dict[str, int]
    fits: bool
    why: str = ""

    def to_document(self) -> dict[str, Any]:
        """The same as one JSON-able object."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The same for people, two lines."""
        told = [counted(self.learnt[fact], fact[:-1]) for fact in COUNTED[:3] if fact in self.learnt]
        learnt = f"learnt from {', '.join(told)}" if told else "does not say what it was learnt from"
        surfaces = counted(self.surfaces, "surface") if self.surfaces else "no surfaces"
        of = self.name or "a series without a name"
        state = "which is here" if self.fits else f"which does not do: {self.why}"
        return [
            f"{self.file}: {of}, {byte_size(self.bytes)}, {surfaces}, {learnt}",
            f"  on the network {self.base}, {state}",
        ]


def describe_series(weights: str | Path) -> SeriesFacts | None:
    """Of the series' file at a path; None for a name that mangacolor knows, and for other files.

    Raises ``SetupError`` for a file that is missing or damaged.
    """
    path = Path(weights)
    if find_weights(str(weights)) is not None or not is_series_file(path):
        return None
    series = read_series_file(path)
    fits, why = True, ""
    try:
        open_weights(path)
    except SetupError as error:
        fits, why = False, str(error).replace("\n", " ")
    learnt = {fact: made for fact in COUNTED if type(made := series.made.get(fact)) is int}
    rows = series.surfaces.get("rows", ())
    size = path.stat().st_size
    return SeriesFacts(
        str(path), series.name, series.base, series.base_sha256, size, len(rows), learnt, fits, why
    )
