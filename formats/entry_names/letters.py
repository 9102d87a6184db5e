"""Which letters are likely in the names of a language, and so which encoding a name is written in.

Names are too short for statistics of running text, and all say the same few things: chapter, volume, cover.
A name read with a wrong codec holds rare signs, or letters of two scripts in one word.
"""

from __future__ import annotations

import itertools
import math
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

_ASCII: Final = math.log(1 / 40)  # of a letter, digit or sign of ASCII, in any language
_RARE: Final = 1e-7  # of a sign that no name is expected to hold
_MIXED: Final = math.log(0.02)  # of two scripts that meet within a word
_ACCENTS: Final = math.log(0.1)  # of two accented letters side by side, in languages that have few


@dataclass(frozen=True, slots=True)
class Letters:
    """A set of letters and how likely one of them is to come next, all of them together."""

    share: float
    signs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Writing:
    """A codec, what people call it, and the letters of its languages.

    ``words``: letters are written in words, as in Latin and Cyrillic; otherwise scripts may meet.
    """

    codec: str
    name: str
    letters: Callable[[], tuple[Letters, ...]]
    words: bool = False


def likelihood(text: str, writing: Writing) -> float:
    """The logarithm of how likely a name is in the languages of a codec."""
    chances = _chances(writing)
    total = sum(_ASCII if sign.isascii() else chances.get(sign, math.log(_RARE)) for sign in text)
    return total + sum(_meeting(one, other, writing) for one, other in itertools.pairwise(text))


def _meeting(one: str, other: str, writing: Writing) -> float:
    if not (one.isalpha() and other.isalpha()) or (one.isascii() and other.isascii()):
        return 0.0
    if not writing.words:
        return _MIXED / 2 if one.isascii() != other.isascii() else 0.0
    scripts = {unicodedata.name(sign, "").partition(" ")[0] for sign in (one, other)}
    if len(scripts) > 1:
        return _MIXED
    both = not one.isascii() and not other.isascii()
    if scripts == {"LATIN"}:
        return (_ACCENTS if both else 0.0) + (_MIXED if one.islower() and other.isupper() else 0.0)
    return _MIXED if one.islower() and other.isupper() else 0.0


@cache
def _chances(writing: Writing) -> dict[str, float]:
    chances: dict[str, float] = {}
    for letters in writing.letters():
        for sign in letters.signs:
            chance = math.log(letters.share / len(letters.signs))
            chances[sign] = max(chance, chances.get(sign, -math.inf))
    return chances


def _rows(codec: str, first: int, last: int) -> frozenset[str]:
    """The letters of a codec with two bytes whose first byte is between these, last included."""
    pairs = (bytes((a, b)) for a in range(first, last + 1) for b in range(0x40, 0xFF))
    texts = (pair.decode(codec, "ignore") for pair in pairs)
    return frozenset(text for text in texts if len(text) == 1 and not text.isascii())


def _span(first: str, last: str) -> frozenset[str]:
    return frozenset(map(chr, range(ord(first), ord(last) + 1)))


_CJK_MARKS: Final = frozenset("　、。・「」『』【】（）～〜！？：…―ー々〇０１２３４５６７８９①②③④⑤")
_SAID: Final = "第一二三四五六七八九十上中下全新大小本人天地生日女子王神魔龍剣戦者学年月外伝"


def _japanese() -> tuple[Letters, ...]:
    # JIS X 0208: level 1 are the kanji in use, 0x88 to 0x97 in Shift-JIS.
    return (
        Letters(0.25, _span("ぁ", "ん")),
        Letters(0.25, _span("ァ", "ヶ") | {"ー"}),
        Letters(0.16, frozenset(_SAID + "話巻章回漫画集編作品版紙表裏扉色絵予告少女年口付完終番特別夏春")),
        Letters(0.22, _rows("cp932", 0x88, 0x97)),
        Letters(0.02, _rows("cp932", 0x98, 0xEA)),
        Letters(0.08, _CJK_MARKS),
        Letters(0.01, _span("｡", "ﾟ")),
    )


def _simplified() -> tuple[Letters, ...]:
    # GB 2312: level 1 are the 3755 letters in use, 0xB0 to 0xD7.
    return (
        Letters(0.30, frozenset("第一二三四五六七八九十上中下全新大小本人天地生日女子王神魔龙剑战者学年月外传"
                                "话卷章回漫画集编作品版册篇页封面底彩番单行完结部季后前记之的我是不了在有你他这")),
        Letters(0.58, _rows("gb2312", 0xB0, 0xD7)),
        Letters(0.02, _rows("gb2312", 0xD8, 0xF7)),
        Letters(0.01, _rows("gb18030", 0x81, 0xA0) | _rows("gb18030", 0xAA, 0xFE)),
        Letters(0.08, _CJK_MARKS),
    )  # fmt: skip


def _traditional() -> tuple[Letters, ...]:
    # Big5: level 1 are the 5401 letters in use, 0xA4 to 0xC6.
    return (
        Letters(0.30, frozenset("第一二三四五六七八九十上中下全新大小本人天地生日女子王神魔龍劍戰者學年月外傳"
                                "話卷章回漫畫集編作品版冊篇頁封面底彩番單行完結部季後前記之的我是不了在有你他這")),
        Letters(0.58, _rows("big5", 0xA4, 0xC6)),
        Letters(0.02, _rows("big5", 0xC9, 0xF9)),
        Letters(0.08, _CJK_MARKS),
    )  # fmt: skip


def _korean() -> tuple[Letters, ...]:
    # KS X 1001: the 2350 syllables of 0xB0 to 0xC8, then hanja, which names hardly hold.
    said = (
        "이다에는을가의로하고도지사리기어한서나인자대라만아보화권편제단행본스그부장표원컬러시전일정주우해여마"
    )
    return (
        Letters(0.45, frozenset(said)),
        Letters(0.46, _rows("euc_kr", 0xB0, 0xC8)),
        Letters(0.005, _span("가", "힣")),
        Letters(0.005, _rows("euc_kr", 0xCA, 0xFD)),
        Letters(0.08, _CJK_MARKS),
    )


def _russian() -> tuple[Letters, ...]:
    return (
        Letters(0.80, _span("а", "я") | {"ё"}),
        Letters(0.15, _span("А", "Я") | {"Ё"}),
        Letters(0.02, frozenset("іїєґІЇЄҐў№«»—–")),
    )


def _western() -> tuple[Letters, ...]:
    return (
        Letters(0.80, frozenset("éèêàâçëîïôûùäöüßñáíóúãõåøæ")),
        Letters(0.12, frozenset("ÉÈÀÂÇÄÖÜÑÁÓÅØÆ")),
        Letters(0.05, frozenset("°º½–—’‘“”«»©®™·¿¡œŒìòýÿÎÔÊÍÚ")),
    )


WRITINGS: Final = (
    Writing("cp932", "Shift-JIS", _japanese),
    Writing("gb18030", "GBK", _simplified),
    Writing("big5", "Big5", _traditional),
    Writing("cp949", "EUC-KR", _korean),
    Writing("euc_jp", "EUC-JP", _japanese),
    Writing("cp437", "DOS code page 437", _western, words=True),
    Writing("cp850", "DOS code page 850", _western, words=True),
    Writing("cp1252", "Windows code page 1252", _western, words=True),
    Writing("cp1251", "Windows code page 1251", _russian, words=True),
    Writing("cp866", "DOS code page 866", _russian, words=True),
    Writing("koi8_r", "KOI8-R", _russian, words=True),
)
