"""The encoding of names in old ZIPs: guessed for an archive as a whole."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mangacolor.formats.entry_names.encoding import guess_encoding
from mangacolor.tests.helpers.archives import RawEntry, make_raw_zip, only, plan_of, png

PAGES = [f"{n:03d}.png" for n in range(4)]
NAMES = {  # of chapters, by the codec they are told to be written in
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


WORDS = {  # what single folders of chapters are called
    "cp932": "第01話 少女漫画 進撃の巨人 ワンピース 十二国記 名探偵コナン 裏表紙 表示 銀魂 よつばと",
    "gb18030": "第一章 海贼王 进击的巨人 火影忍者 名侦探柯南 鬼灭之刃 单行本 龙珠 一拳超人 银魂 灌篮高手",
    "big5": "第一章 海賊王 進擊的巨人 火影忍者 名偵探柯南 鬼滅之刃 七龍珠 許功蓋 灌籃高手 輝夜姬",
    "cp949": "제1화 원피스 진격의거인 나루토 명탐정코난 귀멸의칼날 부록 슬램덩크 강철의연금술사 은혼",
    "cp1251": "Глава Обложка Наруто Атака_титанов Клинок Ван-Пис Токийский_гуль Берсерк ГЛАВА",
    "cp866": "Глава Обложка Наруто Атака_титанов Клинок Ван-Пис Токийский_гуль Берсерк ГЛАВА",
    "koi8_r": "Глава Обложка Наруто Атака_титанов Клинок Ван-Пис Токийский_гуль Берсерк ГЛАВА",
    "cp1252": "Größe Zwölf L'épée Été Über Astérix Señor Février Frühling garçon Capítulo_décimo Cœur Tölpel",
    "cp437": "Größe Zwölf L'épée Über Astérix Señor Février Frühling garçon Capítulo_décimo Tölpel",
}


@pytest.mark.parametrize(("codec", "text"), WORDS.items(), ids=WORDS.keys())
def test_a_word_or_two_are_enough(codec: str, text: str) -> None:
    words = text.split()
    wrong = [word for word in words if _as_read([f"{word}/001.png".encode(codec)]) != [f"{word}/001.png"]]
    assert len(wrong) <= 1, wrong
    for one, other in itertools.pairwise(words):
        names = [f"{one}/{other} {n:03d}.jpg" for n in (1, 2)]
        assert _as_read([name.encode(codec) for name in names]) == names


def _as_read(names: list[bytes]) -> list[str]:
    codec = guess_encoding(names)
    return [name.decode(codec) for name in names]


@given(st.lists(st.binary(min_size=1, max_size=30), max_size=6))
def test_every_name_can_be_read_with_the_guess(names: list[bytes]) -> None:
    codec = guess_encoding(names)
    assert all(name.decode(codec) is not None for name in names)


def test_pages_of_an_old_zip_have_their_names(tmp_path: Path) -> None:
    names = [f"{stem}{page}" for stem in NAMES["cp932"][:2] for page in PAGES[:2]]
    entries = [RawEntry(name.encode("cp932"), png(n)) for n, name in enumerate(names, start=1)]
    path = make_raw_zip(tmp_path / "x.cbz", entries)
    pages = only(plan_of(path)).pages
    assert {page.name for page in pages} == {f"x.cbz/{name}" for name in names}
    assert all(page.source.read().startswith(b"\x89PNG") for page in pages)
