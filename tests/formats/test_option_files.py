"""JSON files that an option names."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from mangacolor.core.errors import UsageError
from mangacolor.formats.option_files import json_file, picture_files
from mangacolor.pipeline.store.user_documents import read_document

NESTED = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path, mark: bytes) -> None:
    file = tmp_path / "hints.json"
    file.write_bytes(mark + '["髪"]'.encode())
    assert json_file(file, "--hints", "Write one.") == ["髪"]


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff\xfe", '["髪"]'.encode("cp932"), pytest.param(NESTED, id="nested")],
    ids=range(5),
)
def test_what_is_no_json_is_named(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "hints.json"
    file.write_bytes(data)
    with pytest.raises(UsageError, match=r"--hints .*hints\.json: is no JSON"):
        json_file(file, "--hints", "Write one.")


def test_a_document_that_is_nested_without_measure_is_named(tmp_path: Path) -> None:
    file = tmp_path / "palette.json"
    file.write_bytes(NESTED)
    with pytest.raises(UsageError, match=r"palette\.json: is no JSON") as told:
        read_document(file)
    assert "Mend the file" in told.value.remedy


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(UsageError, match=r"--reference .*: cannot be read: Permission denied"):
        picture_files(tmp_path)
