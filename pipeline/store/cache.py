"""A page's state folder: each stage's artifact as ``<stage>.json`` and ``<stage>*.png``, under its key.

The folder is both what people look at and what the next run reuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from mangacolor.core.atomic import output_errors, write_atomic
from mangacolor.core.system.files import remove_file
from mangacolor.core.types import Artifact, Image, NumberMap
from mangacolor.formats.writers import encode_png
from mangacolor.pipeline.store.sealed import read_sealed, seal

ENTRY = "_mangacolor"


class Cache(Protocol):
    """Artifacts of a page under their keys."""

    def holds(self, stage: str, key: str) -> bool:
        """Whether a complete artifact of ``stage`` with this key is there."""

    def load(self, stage: str, key: str, pictures: Callable[[str], bool] | None = None) -> Artifact | None:
        """The artifact, or None if it is not there, has another key or is damaged.

        ``pictures`` says by their names which of its pictures are wanted; others may be missing.
        """

    def glance(self, stage: str, key: str) -> Artifact | None:
        """The artifact without its pictures and its file, or None if it is not there as ``holds`` says."""

    def save(
        self,
        stage: str,
        key: str,
        artifact: Artifact,
        *,
        version: int,
        seconds: float,
        config: Any = None,
        warnings: Sequence[str] = (),
        preview: Image | None = None,
    ) -> None:
        """Keep an artifact, and what is told of it."""


class MemoryCache:
    """Artifacts in the memory of this process."""

    def __init__(self) -> None:
        self._artifacts: dict[tuple[str, str], Artifact] = {}

    def holds(self, stage: str, key: str) -> bool:
        return (stage, key) in self._artifacts

    def load(self, stage: str, key: str, pictures: Callable[[str], bool] | None = None) -> Artifact | None:
        return self._artifacts.get((stage, key))

    def glance(self, stage: str, key: str) -> Artifact | None:
        return self.load(stage, key)

    def save(self, stage: str, key: str, artifact: Artifact, **_told: object) -> None:
        self._artifacts[stage, key] = artifact


class PageCache:
    """Artifacts of one page in ``folder``, which need not exist yet. ``scratch``: see ``write_atomic``."""

    def __init__(self, folder: Path, scratch: Path | None = None) -> None:
        self.folder = folder
        self._scratch = scratch

    def holds(self, stage: str, key: str) -> bool:
        """Whether a complete artifact of ``stage`` with this key is there."""
        return self.glance(stage, key) is not None

    def glance(self, stage: str, key: str) -> Artifact | None:
        """The artifact without its pictures and its file, or None if it is not there as ``holds`` says."""
        document = self._document(stage)
        entry = _entry_of(document)
        if document is None or entry.get("key") != key:
            return None
        files = [self._picture(stage, name) for name in entry.get("images", [])]
        if not all(file.is_file() for file in [*files, *self._blob(entry)]):
            return None
        del document[ENTRY]
        return Artifact(document, outcome=entry.get("outcome"))

    def files(self, stage: str) -> list[str]:
        """Names of the files of a stage's artifact, without its preview; none if it is not there."""
        entry = self._entry(stage)
        if "key" not in entry:
            return []
        pictures = [self._picture(stage, name) for name in entry.get("images", [])]
        return [path.name for path in (self._json(stage), *pictures, *self._blob(entry))]

    def load(self, stage: str, key: str, pictures: Callable[[str], bool] | None = None) -> Artifact | None:
        """The artifact, or None if it is not there, has another key or is damaged. ``pictures``: as of
        ``latest``."""
        return self._read(stage, lambda kept: kept == key, pictures)

    def latest(self, stage: str, pictures: Callable[[str], bool] | None = None) -> Artifact | None:
        """The artifact that is there, whatever it was made from; None if there is none or it is damaged.

        ``pictures`` says by their names which of its pictures are read.
        """
        return self._read(stage, lambda kept: kept is not None, pictures)

    def key(self, stage: str) -> str:
        """The key of the artifact that is there; empty if there is none."""
        return str(self._entry(stage).get("key", ""))

    def version(self, stage: str) -> int | None:
        """The version of the stage that left the artifact which is there; None if there is none."""
        entry = self._entry(stage)
        return int(entry["version"]) if "version" in entry else None

    def _read(
        self, stage: str, is_wanted: Callable[[object], bool], pictures: Callable[[str], bool] | None = None
    ) -> Artifact | None:
        """The artifact, if its key is one that is wanted and it is whole."""
        document = self._document(stage)
        entry = _entry_of(document)
        if document is None or not is_wanted(entry.get("key")):
            return None
        del document[ENTRY]
        images: dict[str, Image] = {}
        maps: dict[str, NumberMap] = {}
        blob: bytes | None = None
        for name in entry.get("images", []):
            if pictures is not None and not pictures(name):
                continue
            image = _read_png(self._picture(stage, name))
            if image is None:
                return None
            if image.dtype == np.uint16:
                maps[name] = image.astype(np.uint16, copy=False)
            else:
                images[name] = image.astype(np.uint8, copy=False)
        for file in self._blob(entry):
            try:
                blob = file.read_bytes()
            except OSError:
                return None
        return Artifact(document, images, blob, entry.get("outcome"), maps)

    def save(
        self,
        stage: str,
        key: str,
        artifact: Artifact,
        *,
        version: int,
        seconds: float,
        config: Any = None,
        warnings: Sequence[str] = (),
        preview: Image | None = None,
    ) -> None:
        """Keep an artifact. The JSON file is removed first and written last: it vouches for the rest."""
        with output_errors(self._json(stage)):
            remove_file(self._json(stage))
        pictures: Mapping[str, Image | NumberMap] = {**artifact.images, **artifact.maps}
        if preview is not None and "main" not in pictures:
            self._write(f"{stage}.png", encode_png(preview))
        for name, image in pictures.items():
            self._write(self._picture(stage, name).name, encode_png(image))
        entry: dict[str, Any] = {
            "key": key,
            "stage": stage,
            "version": version,
            "seconds": round(seconds, 4),
            "config": config,
            "warnings": list(warnings),
            "images": list(pictures),
        }
        if artifact.outcome:
            entry["outcome"] = artifact.outcome
        if artifact.blob is not None:
            entry["blob"] = f"{stage}{artifact.data.get('suffix', '.bin')}"
            self._write(entry["blob"], artifact.blob)
        document = {**artifact.data, ENTRY: entry}
        self._write(f"{stage}.json", seal(document))

    def _write(self, name: str, data: bytes) -> None:
        write_atomic(self.folder / name, data, scratch=self._scratch)

    def _blob(self, entry: Mapping[str, Any]) -> list[Path]:
        return [self.folder / entry["blob"]] if entry.get("blob") else []

    def _json(self, stage: str) -> Path:
        return self.folder / f"{stage}.json"

    def _picture(self, stage: str, name: str) -> Path:
        return self.folder / (f"{stage}.png" if name == "main" else f"{stage}.{name}.png")

    def _entry(self, stage: str) -> dict[str, Any]:
        return _entry_of(self._document(stage))

    def _document(self, stage: str) -> dict[str, Any] | None:
        return read_sealed(self._json(stage))


def _entry_of(document: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a stage's document says of the artifact itself; empty for a document that somebody has damaged."""
    entry = document.get(ENTRY) if document else None
    return entry if isinstance(entry, dict) else {}


def _read_png(path: Path) -> Image | NumberMap | None:
    """A picture, RGB or grey, or a map of 16 bits; None where there is none that can be read."""
    import cv2

    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError:
        return None
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if image is None or image.dtype not in (np.uint8, np.uint16):
        return None
    return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]
