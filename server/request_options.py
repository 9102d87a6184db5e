"""Options that a request may give: a few fields of ``Options``, checked as the command line checks them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from mangacolor.core.option_fields import OptionField, checked_value, option_fields
from mangacolor.core.settings import Options
from mangacolor.core.wording import did_you_mean
from mangacolor.server.http.access import TOKEN
from mangacolor.server.http.refusal import Refusal

# No path, no device, no limit: what a client may decide is how its page looks.
OFFERED: Final = ("scale", "saturation", "direction", "force_color")
SERIES: Final = "series"  # names the title that the page is of
TOLD: Final = 40  # characters of a wrong name or value that the answer repeats
_REMEDY: Final = "Give such a value, or leave it out for the server's own."
_SWITCHES: Final[Mapping[str, bool]] = {
    "true": True,
    "1": True,
    "yes": True,
    "false": False,
    "0": False,
    "no": False,
}


def check_names(given: Iterable[str], also: Iterable[str] = ()) -> None:
    """Raise ``Refusal`` for a name that is no option of a page or its series, and none of ``also``."""
    known = (*OFFERED, SERIES, *also)
    for name in given:
        if name not in known and name != TOKEN:
            there = f"The options are {', '.join(known)}."
            guess = did_you_mean(name.replace("-", "_"), known)
            raise Refusal(400, f"there is no option {name[:TOLD]!r}", f"{guess} {there}".strip())


def with_options(options: Options, given: Mapping[str, str]) -> Options:
    """``options`` with those that are ``given``; other names are somebody else's. Raises ``Refusal``."""
    found = {name: _value(offered()[name], given[name]) for name in OFFERED if name in given}
    changed: Options = dataclasses.replace(options, **found)
    return changed


@cache
def offered() -> dict[str, OptionField]:
    """The fields by name."""
    fields = option_fields(Options)
    return {name: fields[name] for name in OFFERED}


def _value(field: OptionField, text: str) -> Any:
    try:
        return checked_value(field, _parsed(field, text))
    except ValueError as error:
        raise Refusal(400, str(error), _REMEDY) from None


def _parsed(field: OptionField, text: str) -> Any:
    """A switch or a number as such; the beginning of the text where it is none, to be told of."""
    if field.type is bool:
        return _SWITCHES.get(text.lower(), text[:TOLD])
    if field.type in (int, float) and text not in field.words:
        try:
            return field.type(text)
        except ValueError:
            return text[:TOLD]
    return text[:TOLD]
