"""What runs leave for runs: taken as it was written, and as good as gone once it is damaged."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mangacolor.core.types import Artifact
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.pipeline.store.chapter_documents import ChapterDocuments
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.sealed import SEAL, read_object, read_sealed, seal, typed_row

DOCUMENT: dict[str, Any] = {"key": "k", "pages": {"é\ud7ff": [1, 2.5, None]}, "last": {"digest": "mine"}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept.json"


def test_a_document_comes_back(file: Path) -> None:
    file.write_bytes(seal(DOCUMENT))
    assert read_sealed(file) == DOCUMENT
    assert json.loads(file.read_bytes())["key"] == "k"
    file.write_bytes(seal({}))
    assert read_sealed(file) == {}


def test_one_of_an_earlier_version_is_taken(file: Path) -> None:
    file.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    assert read_sealed(file) == DOCUMENT


def test_flipped_bits_are_damage_whatever_letters_they_make(file: Path) -> None:
    whole = seal({"한글": 1})
    named = whole.index(SEAL.encode())
    for bit in range(8 * named):  # of a letter of Korean half of a surrogate pair may come
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        file.write_bytes(flipped)
        assert read_sealed(file) is None, flipped
    for data in (whole.decode().encode("utf-16"), b'{"_digest": "\xed\xa0\x80"}', b'{"_digest": []}'):
        file.write_bytes(data)
        assert read_sealed(file) is None, data


def test_no_change_goes_unseen(file: Path) -> None:
    whole = seal(DOCUMENT)
    named = whole.index(SEAL.encode())  # without this name it is one of an earlier version
    for place in {*range(len(whole))} - {*range(named, named + len(SEAL))}:
        for damaged in (whole[:place], whole[:place] + b"7" + whole[place + 1 :]):
            file.write_bytes(damaged)
            assert damaged == whole or read_sealed(file) is None, damaged
    assert read_sealed(file.with_name("nothing")) is None


@pytest.mark.parametrize("data", [b"", b"[1]", b"7", b"\xff\xfe\x00", b"[" * 100_000, b'{"a":'])
def test_what_is_no_object_is_none(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    assert read_sealed(file) is None and read_object(file) == {}


@dataclass(frozen=True)
class Row:
    name: str
    size: int = 0
    about: dict[str, float] = field(default_factory=dict)


def test_a_row_has_the_types_of_its_fields() -> None:
    assert typed_row(Row, {"name": "a", "about": {"b": 1.5, "c": 2}}) == Row("a", 0, {"b": 1.5, "c": 2})
    for row in (
        {"name": 7},
        {"name": "a", "size": True},
        {"name": "a", "about": []},
        {"name": "a", "about": {"b": []}},
        {},
        {"name": "a", "x": 1},
    ):
        with pytest.raises(TypeError):
            typed_row(Row, row)


def test_an_artifact_that_was_edited_is_made_again(tmp_path: Path) -> None:
    cache = PageCache(tmp_path)
    artifact = Artifact(
        {"panels": [[1, 2, 3, 4]], "digest": "a page's own"}, {"main": np.zeros((2, 2), np.uint8)}
    )
    cache.save("panels", "k", artifact, version=1, seconds=0)
    kept = cache.load("panels", "k")
    assert kept is not None and kept.data == artifact.data
    path = tmp_path / "panels.json"
    path.write_text(path.read_text(encoding="utf-8").replace("3", "[]"), encoding="utf-8")
    assert (
        not cache.holds("panels", "k") and cache.load("panels", "k") is None and cache.files("panels") == []
    )


@pytest.mark.parametrize("left", [{"key": "k"}, {"key": "k", "pages": [1]}, {"pages": {}}])
def test_results_of_an_earlier_version_without_pages_are_made_again(tmp_path: Path, left: object) -> None:
    documents = ChapterDocuments(State(tmp_path), "a")
    kept = tmp_path / ".mangacolor" / "chapters" / "a" / "harmonize.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps(left), encoding="utf-8")
    assert documents.load_results("harmonize", lambda: "k") is None
    kept.write_text(json.dumps({"key": "k", "pages": {"a": {}}}), encoding="utf-8")
    assert documents.load_results("harmonize", lambda: "k") == {"a": {}}
