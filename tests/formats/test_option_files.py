"""JSON files that an option names."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from mangacolor.core.errors import UsageError
from mangacolor.formats.option_files import json_file


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path, mark: bytes) -> None:
    file = tmp_path / "hints.json"
    file.write_bytes(mark + '["髪"]'.encode())
    assert json_file(file, "--hints", "Write one.") == ["髪"]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", '["髪"]'.encode("cp932")])
def test_what_is_no_json_is_named(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "hints.json"
    file.write_bytes(data)
    with pytest.raises(UsageError, match=r"--hints .*hints\.json: is no JSON"):
        json_file(file, "--hints", "Write one.")
