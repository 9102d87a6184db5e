"""Artifacts come back from the disk as they were given."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mangacolor.core.types import Artifact
from mangacolor.pipeline.store.cache import PageCache


def test_pictures_and_maps_of_numbers_are_kept_to_the_bit(tmp_path: Path) -> None:
    numbers = np.arange(70_000, dtype=np.uint32).reshape(250, 280).astype(np.uint16)
    colours = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    cache = PageCache(tmp_path)
    kept = Artifact({"a": 1}, {"colours": colours}, maps={"numbers": numbers})
    cache.save("stage", "key", kept, version=1, seconds=0.0)
    assert cache.holds("stage", "key")
    given = cache.load("stage", "key")
    assert given is not None and given.data == {"a": 1}
    assert list(given.images) == ["colours"] and np.array_equal(given.images["colours"], colours)
    assert list(given.maps) == ["numbers"] and np.array_equal(given.maps["numbers"], numbers)
    assert given.maps["numbers"].dtype == np.uint16 and given.images["colours"].dtype == np.uint8
    (tmp_path / "stage.numbers.png").write_bytes(b"damaged")
    assert cache.load("stage", "key") is None
    part = cache.load("stage", "key", lambda name: name == "colours")  # the other is not looked at
    assert part is not None and list(part.images) == ["colours"] and not part.maps


def test_a_document_that_somebody_has_damaged_is_no_artifact(tmp_path: Path) -> None:
    cache = PageCache(tmp_path)
    cache.save("stage", "key", Artifact({"a": 1}), version=3, seconds=0.0)
    assert cache.version("stage") == 3
    for damaged in (b'{"a": 1, "_mangacolor": []}', b'{"a": 1}', b"[]", b"no json"):
        (tmp_path / "stage.json").write_bytes(damaged)
        assert not cache.holds("stage", "key") and cache.load("stage", "key") is None
        assert cache.latest("stage") is None and cache.version("stage") is None and not cache.files("stage")
