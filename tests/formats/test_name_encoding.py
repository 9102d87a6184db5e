"""The encoding of names in old ZIPs: guessed for an archive as a whole."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mangacolor.formats.name_encoding import guess_encoding
from mangacolor.tests.helpers.archives import only, plan_of, png

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


def test_pages_of_an_old_zip_have_their_names(tmp_path: Path) -> None:
    names = [f"{stem}{page}" for stem in NAMES["cp932"][:2] for page in PAGES[:2]]
    path = tmp_path / "x.cbz"
    path.write_bytes(rewritten(names))
    pages = only(plan_of(path)).pages
    assert {page.name for page in pages} == {f"x.cbz/{name}" for name in names}
    assert all(page.source.read().startswith(b"\x89PNG") for page in pages)


def rewritten(names: list[str]) -> bytes:
    """A ZIP whose names are Shift-JIS and do not say so."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number, name in enumerate(names):
            info = OldInfo(f"{number}")
            info.stored = name.encode("cp932")
            archive.writestr(info, png(number + 1))
    return target.getvalue()


class OldInfo(zipfile.ZipInfo):
    """An entry as written by programs that knew no UTF-8."""

    stored = b""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - zipfile's name
        return self.stored, self.flag_bits
