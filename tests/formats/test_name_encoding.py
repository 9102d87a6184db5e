"""The encoding of names in old ZIPs: guessed for an archive as a whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mangacolor.core.errors import UsageError
from mangacolor.formats.name_encoding import check_encoding, guess_encoding

PAGES = [f"{n:03d}.png" for n in range(4)]
NAMES = {
    "cp932": ["第01話/ページ", "少女漫画 第3巻/表紙", "扉絵", "カラー/ｶﾗｰ01", "予告"],
    "gb18030": ["第一章/第001页", "漫画 第3卷/封面", "海贼王", "进击的巨人 第5话", "后记"],
    "big5": ["第一章/第001頁", "漫畫 第3卷/封面", "海賊王", "進擊的巨人 第5話", "後記"],
    "cp949": ["제1화/001쪽", "만화 3권/표지", "원피스", "컬러", "진격의 거인 5화"],
    "euc_jp": ["第01話/ページ", "少女漫画 第3巻/表紙", "あとがき", "扉絵"],
    "cp1251": ["Глава первая/страница", "Обложка", "Том третий/страница"],
    "utf_8": ["第01話/ページ", "Größe", "제1화"],
}


@pytest.mark.parametrize(("codec", "stems"), NAMES.items(), ids=NAMES.keys())
def test_names_of_a_chapter_are_told(codec: str, stems: list[str]) -> None:
    names = [f"{stem}{page}".encode(codec) for stem in stems for page in PAGES]
    assert guess_encoding(names) == codec
    assert guess_encoding([b"cover.jpg", *names]) == codec


def test_plain_names_are_utf_8_and_odd_ones_zip_s_own() -> None:
    assert guess_encoding([b"001.png", b"002.png"]) == "utf_8"
    assert guess_encoding([]) == "utf_8"


@given(st.lists(st.binary(min_size=1, max_size=30), max_size=6))
def test_every_name_can_be_read_with_the_guess(names: list[bytes]) -> None:
    codec = guess_encoding(names)
    assert all(name.decode(codec) is not None for name in names)


def test_an_encoding_is_checked() -> None:
    assert check_encoding("Shift-JIS") == "shift_jis"
    with pytest.raises(UsageError, match="no such encoding"):
        check_encoding("sjis-of-mine")
