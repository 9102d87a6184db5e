"""Words of messages: counts, sizes, durations."""

from __future__ import annotations

import pytest

from mangacolor.core.wording import byte_size, counted, duration


def test_one_is_no_plural() -> None:
    assert [counted(n, "page") for n in (0, 1, 2, 1414)] == ["0 pages", "1 page", "2 pages", "1,414 pages"]
    assert [counted(n, "entry", "entries") for n in (1, 2)] == ["1 entry", "2 entries"]


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
        (59.99, "60.0 s", "1 min"),
        (250, "4 min 10 s", "4 min 10 s"),
        (431, "7 min 11 s", "7 min"),
        (7500, "2 h 5 min", "2 h 5 min"),
    ],
)
def test_durations(seconds: float, words: str, roughly: str) -> None:
    assert duration(seconds) == words
    assert duration(seconds, rough=True) == roughly
