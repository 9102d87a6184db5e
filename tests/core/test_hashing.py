"""Hashes of files: right, and of files that many ask for made once."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mangacolor.core import hashing
from mangacolor.core.hashing import sha256_of, sha256_once
from mangacolor.models.files.reading import weights_fingerprint


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are read for a hash from here on."""
    found: list[Path] = []

    def noted(path: Path) -> str:
        found.append(path)
        return sha256_of(path)

    monkeypatch.setattr(hashing, "sha256_of", noted)
    return found


def test_a_file_is_read_once_until_it_is_another(
    read: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(hashing, "_RECENT_NS", 0)
    file = tmp_path / "weights"
    file.write_bytes(b"one")
    assert sha256_once(file) == sha256_once(Path("weights")) == hashlib.sha256(b"one").hexdigest()
    assert read == [file]
    file.write_bytes(b"three")
    assert sha256_once(file) == hashlib.sha256(b"three").hexdigest() and read == [file, file]
    file.unlink()
    with pytest.raises(OSError, match="weights"):
        sha256_once(file)


def test_a_file_that_is_written_twice_at_once_is_read_twice(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    hashes = set()
    for word in (b"one", b"two", b"six"):  # as long as each other, and within one tick of the clock
        file.write_bytes(word)
        hashes.add(sha256_once(file))
    assert len(hashes) == 3


def test_chapters_of_one_run_hash_its_weights_once(read: list[Path]) -> None:
    assert len({weights_fingerprint("default") for _chapter in range(3)}) == 1
    assert len(read) <= 1  # another test of this process may have asked before
