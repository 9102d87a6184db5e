"""Journals: what was appended is read again, line by line, whatever stands in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mangacolor.pipeline.store.journal import Journal, read_journal


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085", "\x0b", "\x1c", "\r"])
def test_a_name_with_a_line_separator_is_one_line(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "manifest.jsonl"
    lines = [{"page": f"chapter{separator}1/1.png"}, {"page": "2.png"}]
    Journal(path).append(*lines)
    assert read_journal(path) == lines


def test_a_line_that_was_cut_short_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    path.write_bytes(b'{"page": "1.png"}\n{"pa')
    Journal(path).append({"page": "2.png"})
    assert read_journal(path) == [{"page": "1.png"}, {"page": "2.png"}]


def test_there_is_nothing_in_a_journal_that_is_not_there(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "manifest.jsonl") == []
