"""Options that a request may give: a few fields of ``Options``, checked as the command line checks them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from mangacolor.core.option_fields import OptionField, option_fields
from mangacolor.core.settings import Options
from mangacolor.server.http.refusal import Refusal

# No path, no device, no limit: what a client may decide is how its page looks.
OFFERED: Final = ("scale", "saturation", "direction", "force_color")
_SWITCHES: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


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
    if text in field.words:
        return text
    if field.type is bool:
        return _one_of(field, text.lower(), _SWITCHES)
    if field.choices:
        return _one_of(field, text, {choice: choice for choice in field.choices})
    try:
        number = field.type(text)
    except ValueError:
        raise Refusal(400, f"{field.name}={text[:40]!r} is no number") from None
    low, high = field.info.minimum, field.info.maximum
    if not (low is None or number >= low) or not (high is None or number <= high):
        raise Refusal(400, f"{field.name}={text[:40]} is not between {low} and {high}")
    return number


def _one_of(field: OptionField, text: str, values: Mapping[str, Any]) -> Any:
    if text not in values:
        raise Refusal(400, f"{field.name}={text[:40]!r} is not one of {', '.join(values)}")
    return values[text]
