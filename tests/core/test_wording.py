"""Words of messages: counts, sizes, durations."""

from __future__ import annotations

import io
import json

import pytest

from mangacolor.core.errors import InputError
from mangacolor.core.wording import byte_size, counted, duration, first_few, json_text, printable


def test_one_is_no_plural() -> None:
    assert [counted(n, "page") for n in (0, 1, 2, 1414)] == ["0 pages", "1 page", "2 pages", "1,414 pages"]
    assert [counted(n, "entry", "entries") for n in (1, 2)] == ["1 entry", "2 entries"]


@pytest.mark.parametrize("text", ["第1話 ページ①.png", "naïve — ok", "it's [bold]", "a\u3000b", ""])
def test_what_can_be_read_stays(text: str) -> None:
    assert printable(text) == text


def test_what_commands_a_terminal_is_written_out() -> None:
    assert printable("a\x1b[2Jb\nc\x9b\u202egnp.exe") == r"a\x1b[2Jb\nc\x9b\u202egnp.exe"
    error = InputError("a\x1b[2J: torn\nsecond line", "mend it")
    assert str(error) == "a\\x1b[2J: torn\nsecond line\n  mend it"


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "a"), (3, "a, b, c"), (4, "a, b, c, d"), (5, "a, b, c and 2 more"), (6, "a, b, c and 3 more")],
)
def test_a_few_names_and_how_many_more(number: int, words: str) -> None:
    assert first_few("abcdef"[:number], 3) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 KiB"), (1500, "2 KiB"), (3 << 20, "3.0 MiB"), (400 << 20, "400 MiB"), (3 << 29, "1.5 GiB")],
)
def test_sizes(size: int, words: str) -> None:
    assert byte_size(size) == words


@pytest.mark.parametrize(
    ("seconds", "words", "roughly"),
    [
        (0.2, "0.2 s", "1 s"),
        (3.21, "3.2 s", "3 s"),
        (59.94, "59.9 s", "1 min"),
        (59.99, "1 min 0 s", "1 min"),
        (250, "4 min 10 s", "4 min 10 s"),
        (431, "7 min 11 s", "7 min"),
        (7500, "2 h 5 min", "2 h 5 min"),
    ],
)
def test_durations(seconds: float, words: str, roughly: str) -> None:
    assert duration(seconds) == words
    assert duration(seconds, rough=True) == roughly


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "cp1252", "cp932"])
def test_json_is_ascii_where_a_stream_is_not_utf_8(encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    text = json_text({"page": "é 黒猫.png"}, stream)
    assert json.loads(text) == {"page": "é 黒猫.png"}
    assert text.isascii() is encoding.startswith("cp")
    assert not json_text({"page": "é"}, io.StringIO()).isascii()
