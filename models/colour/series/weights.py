"""What ``--weights`` names: a network's own file, or a series' file and the network that it was learnt on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from mangacolor.core.arrays import AnyArray
from mangacolor.core.errors import SetupError
from mangacolor.core.hashing import sha256_of
from mangacolor.models.colour.segment_embedding import embedding_fingerprint, embedding_path
from mangacolor.models.colour.series.file import LEARN_AGAIN, SeriesFile, is_series_file, read_series_file
from mangacolor.models.colour.series.merging import merge_adapter
from mangacolor.models.files.arrays import read_arrays
from mangacolor.models.files.known import find_weights
from mangacolor.models.files.reading import weights_path


@dataclass(frozen=True, slots=True)
class ColourWeights:
    """``network``: name or path of a network's own file. ``series``: what the file ``source`` adds to it, if
    that is a series', and its sha256."""

    source: str | Path
    network: str | Path
    series: SeriesFile | None = None
    series_digest: str = ""

    def arrays(self) -> dict[str, AnyArray]:
        """The arrays of the network, with what the series adds. Raises ``SetupError`` if they do not fit."""
        arrays = read_arrays(weights_path(self.network))
        if self.series is None:
            return arrays
        return merge_adapter(arrays, self.series.adapter, str(self.source))


def open_weights(weights: str | Path | ColourWeights) -> ColourWeights:
    """What a name or path stands for; what is open already stays so.

    Raises ``SetupError`` for a file that is missing, damaged or hostile, and for a series' file whose base
    is not here or is another than it was learnt on, or whose surfaces another embedding told apart.
    """
    if isinstance(weights, ColourWeights):
        return weights
    if find_weights(str(weights)) is not None:
        return ColourWeights(weights, weights)
    path = weights_path(weights)
    if not is_series_file(path):
        return ColourWeights(path, path)
    series = read_series_file(path)
    opened = replace(weights_of_series(path, series), series_digest=sha256_of(path))
    if series.surfaces and series.embedding != embedding_of(opened):
        missing = embedding_path(opened.network)
        raise SetupError(
            f"{path} holds surfaces that were told apart by another embedding than that of {series.base}",
            LEARN_AGAIN
            if missing.is_file()
            else f"Put {missing.name} into {path.parent}, or learn the series again: mangacolor learn.",
        )
    return opened


def embedding_of(weights: ColourWeights) -> str:
    """The sha256 of the embedding that tells surfaces apart with these weights of a series, "" for none."""
    return embedding_fingerprint(weights.network, weights.series.base_sha256 if weights.series else "")


def weights_of_series(path: Path, series: SeriesFile) -> ColourWeights:
    """Those of a series whose file lies, or is going to lie, at ``path``. Raises ``SetupError`` for its base,
    as ``open_weights``."""
    return ColourWeights(path, _base(path, series), series)


def _base(path: Path, series: SeriesFile) -> str | Path:
    """The network that a series was learnt on: bundled, or a file that lies beside the series' own."""
    learnt_on = f"{path} was learnt on the network {series.base} (sha256 {series.base_sha256[:8]}…)"
    entry = find_weights(series.base)
    if entry is not None and entry.bundled:
        if entry.sha256 != series.base_sha256:
            raise SetupError(
                f"{learnt_on}, and this version has another of that name",
                "Learn the series again (mangacolor learn), or install the mangacolor that wrote the file.",
            )
        return entry.name
    beside = path.parent / Path(series.base).name
    if not beside.is_file():
        raise SetupError(f"{learnt_on}, which is not beside it", f"Put {beside.name} into {path.parent}.")
    if sha256_of(beside) != series.base_sha256:
        raise SetupError(
            f"{learnt_on}, and {beside} is another", "Put the right one there, or learn the series again."
        )
    return beside
