"""Options of a request: text, checked as every other place of options checks its values."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mangacolor.core.settings import Options
from mangacolor.server import guard
from mangacolor.server.http import bodies
from mangacolor.server.http.refusal import Refusal
from mangacolor.server.protocols import own
from mangacolor.server.protocols.openapi import document
from mangacolor.server.request_options import OFFERED, check_names, with_options
from mangacolor.tests.helpers.paths import ROOT

MODULES = (guard, bodies, own)  # what a request to our own API passes through


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("scale", "2", "2"),
        ("saturation", "1.5", 1.5),
        ("saturation", "eink", "eink"),
        ("force_color", "YES", True),
        ("force_color", "0", False),
        ("direction", "ltr", "ltr"),
    ],
)
def test_what_it_gives(name: str, text: str, value: Any) -> None:
    assert getattr(with_options(Options(), {name: text, "other": "x"}), name) == value


@pytest.mark.parametrize(
    ("name", "text", "takes"),
    [
        ("scale", "3", "one of auto, 1, 2, 4"),
        ("scale", "", "one of auto"),
        ("saturation", "9", "a number from 0"),
        ("saturation", "nan", "a number from 0"),
        ("saturation", "much", "a number from 0"),
        ("force_color", "maybe", "true or false"),
        ("direction", "up", "one of rtl, ltr"),
    ],
)
def test_what_it_refuses(name: str, text: str, takes: str) -> None:
    with pytest.raises(Refusal, match=rf"^{name} is .*, and takes {takes}") as told:
        with_options(Options(), {name: text})
    assert told.value.status == 400


@pytest.mark.parametrize(
    ("name", "also", "said"),
    [
        (
            "force-color",
            (),
            "Did you mean force_color? The options are scale, saturation, direction, force_color, ",
        ),
        ("weights", (), "The options are scale, saturation, direction, force_color, series."),
        ("nmae", ("name",), "Did you mean name? "),
        ("x" * 5000, (), "The options are "),
    ],
)
def test_an_unknown_name_is_refused_with_those_there_are(name: str, also: tuple[str, ...], said: str) -> None:
    with pytest.raises(Refusal, match=rf"^there is no option '{name[:40]}'") as told:
        check_names([*OFFERED, "series", "token", *also, name], also)
    assert told.value.status == 400 and told.value.remedy.startswith(said)
    assert len(told.value.message) < 100


def test_known_names_are_taken() -> None:
    check_names([*OFFERED, "series", "token"])
    check_names(["name"], ["name"])


def test_an_answer_repeats_no_endless_value() -> None:
    for name in ("scale", "saturation", "force_color"):
        with pytest.raises(Refusal) as told:
            with_options(Options(), {name: "x" * 5000})
        assert len(str(told.value)) < 200


def test_the_description_tells_of_every_refusal() -> None:
    texts = [
        (ROOT / f"{module.__name__.removeprefix('mangacolor.').replace('.', '/')}.py") for module in MODULES
    ]
    raised = {
        number for path in texts for number in re.findall(r"Refusal\(\s*(\d{3})", path.read_text("utf-8"))
    }
    told = {
        number
        for methods in document()["paths"].values()
        for method, operation in methods.items()
        if method != "parameters"
        for number in operation["responses"]
    }
    assert {"408", "421"} <= raised <= told
