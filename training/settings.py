"""Settings of a training run: frozen dataclasses whose fields say what they may be, and ``--set`` for them.

A field of a number or a name states its bounds with ``number`` or ``choice``; a value that is given for it is
converted, or refused with a ``UsageError`` that names the setting, what was given and what is wanted.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from mangacolor.core.errors import UsageError
from mangacolor.core.installed import quoted
from mangacolor.core.wording import did_you_mean

SHOWN = 160  # characters of a wrong value that a message repeats

Settings = TypeVar("Settings")


@dataclass(frozen=True, slots=True)
class Bounds:
    """An interval of numbers; a missing end is open."""

    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None

    def hold(self, value: float) -> bool:
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )

    def __str__(self) -> str:
        if self.at_least is not None and self.at_most is not None:
            return f"from {_plain_number(self.at_least)} to {_plain_number(self.at_most)}"
        ends = [
            f"{name.replace('_', ' ')} {_plain_number(end)}"
            for name in ("at_least", "above", "at_most", "below")
            if (end := getattr(self, name)) is not None
        ]
        return " and ".join(ends)


def _plain_number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)


def limits(names: tuple[str, ...] = (), **bounds: float) -> dict[str, Any]:
    """The metadata of a field: which ``names`` it takes, and between which bounds its numbers lie."""
    return {"names": names, "bounds": Bounds(**bounds)}


def number(default: Any = dataclasses.MISSING, **bounds: float) -> Any:
    """A field of a number, or of a tuple of them, within bounds."""
    return field(default=default, metadata=limits((), **bounds))


def choice(default: str, names: tuple[str, ...]) -> Any:
    """A field that is one of ``names``."""
    return field(default=default, metadata=limits(names))


def parse_assignment(text: str) -> tuple[str, Any]:
    """``NAME=VALUE`` of ``--set``; the value is JSON, or else a text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--set {text} has no value", "Write --set NAME=VALUE.")
    try:
        return name, json.loads(value)
    except (json.JSONDecodeError, RecursionError):
        return name, value


def parse_also(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The settings of further networks by their names, of ``NAME:NAME=VALUE`` of ``--also``.

    Raises ``UsageError`` for a text of another form, and for a name that no folder should have.
    """
    further: dict[str, dict[str, Any]] = {}
    for text in texts:
        name, colon, assignment = text.partition(":")
        if not colon or "=" not in assignment:
            raise UsageError(f"--also {text} says not what to set", "Write --also NAME:SETTING=VALUE.")
        if not re.fullmatch(r"[A-Za-z0-9][\w-]*", name):
            raise UsageError(
                f"--also {text}: {name!r} cannot be the name of a folder", "Take letters, digits, _ and -."
            )
        setting, value = parse_assignment(assignment)
        further.setdefault(name, {})[setting] = value
    return further


def assign(settings: Settings, assignments: Mapping[str, Any]) -> Settings:
    """The settings with dotted names set, as ``{"losses.vgg": 0.5, "width": 48}``.

    Raises ``UsageError`` for a name that there is not, and for a value that its field does not take.
    """
    for name, value in assignments.items():
        settings = _assign(settings, name.split("."), value, name)
    return settings


def build(kind: type[Settings], data: Mapping[str, Any], prefix: str = "", place: str = "") -> Settings:
    """An object of the dataclass ``kind`` from the values of its fields. Raises as ``assign``.

    ``place``: where the values stand, for messages, if that is a file and not the command line.
    """
    fields, hints = _fields(kind), typing.get_type_hints(kind)
    for name in data:
        if name not in fields:
            raise UsageError(
                f"{place or 'training'} has no setting {_shown_name(prefix + name)}", _names(fields, name)
            )
    missing = [name for name, entry in fields.items() if _is_required(entry) and name not in data]
    if missing:
        raise UsageError(
            f"{prefix.rstrip('.') or place or 'training'} lacks {', '.join(missing)}",
            f"Give {_wanted(kind, {})}.",
        )
    path = f"{place}: {prefix}" if place else prefix
    values = {
        name: _convert(hints[name], value, path + name, fields[name].metadata) for name, value in data.items()
    }
    return kind(**values)


def _assign(target: Any, path: list[str], value: Any, whole: str) -> Any:
    name, rest = path[0], path[1:]
    fields = _fields(type(target))
    if name not in fields:
        raise UsageError(f"training has no setting {_shown_name(whole)}", _names(fields, name))
    current, kind = getattr(target, name), typing.get_type_hints(type(target))[name]
    if not rest:
        converted = _convert(kind, value, whole, fields[name].metadata, current)
    elif dataclasses.is_dataclass(current):
        converted = _assign(current, rest, value, whole)
    elif isinstance(current, dict):
        grown = {**current, ".".join(rest): value}
        converted = _convert(kind, grown, whole.removesuffix("." + ".".join(rest)), fields[name].metadata)
    else:
        parent = whole.removesuffix("." + ".".join(rest))
        raise UsageError(
            f"{parent} has no parts, and so no {_shown_name(whole)}", f"Set {parent} as a whole."
        )
    return replace(target, **{name: converted})


def _convert(kind: Any, value: Any, name: str, allowed: Mapping[str, Any], current: Any = None) -> Any:
    """``value`` as a ``kind`` (a type hint), or a ``UsageError`` that says what is wanted."""
    try:
        return _converted(kind, value, name, allowed)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        remedy = f"Give {_wanted(kind, allowed)}."
        if current is not None:
            example = f"{name}={json.dumps(_plain(current))}"
            remedy += f" Now it is --set {quoted(example)}"
        raise UsageError(f"{name} cannot be {_shown(value)}", remedy) from error


def _converted(kind: Any, value: Any, name: str, allowed: Mapping[str, Any]) -> Any:
    """Raises ``ValueError`` and its like where ``value`` is none; ``UsageError`` for a part of it."""
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, Mapping):
            raise TypeError
        return build(typing.cast(type[Any], kind), value, f"{name}.")
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        if value not in parts:
            raise ValueError
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple) or not value:
            raise TypeError
        kinds = [parts[0]] * len(value) if parts[1:] == (...,) else list(parts)
        return tuple(
            _convert(inner, item, f"{name}[{number}]", allowed)
            for number, (inner, item) in enumerate(zip(kinds, value, strict=True))
        )
    if origin is dict:
        if not isinstance(value, Mapping) or not _known(value, allowed.get("names", ())):
            raise ValueError
        return {key: _convert(parts[1], item, f"{name}.{key}", allowed) for key, item in value.items()}
    return _scalar(kind, value, allowed)


def _scalar(kind: type, value: Any, allowed: Mapping[str, Any]) -> Any:
    if kind is bool:
        return value if isinstance(value, bool) else {"true": True, "false": False}[str(value).lower()]
    if kind is str:
        if not isinstance(value, str) or not _known([value], allowed.get("names", ())):
            raise ValueError
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    converted = float(value)
    if kind is int:
        converted = int(value) if isinstance(value, str) or float(value).is_integer() else math.nan
    if not math.isfinite(converted) or not allowed.get("bounds", Bounds()).hold(converted):
        raise ValueError
    return converted


def _known(names: typing.Iterable[str], among: tuple[str, ...]) -> bool:
    return not among or all(name in among for name in names)


def _wanted(kind: Any, allowed: Mapping[str, Any]) -> str:
    """What a setting of this kind may be, as a part of a sentence."""
    names, bounds = allowed.get("names", ()), str(allowed.get("bounds", ""))
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        inner = ", ".join(
            f'"{name}": {_wanted(hints[name], entry.metadata)}'
            for name, entry in _fields(typing.cast(type, kind)).items()
        )
        return "{" + inner + "}"
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple and parts[1:] == (...,):
        return f"a list with at least one of {_wanted(parts[0], allowed)}"
    if origin is tuple:
        return "[" + ", ".join(_wanted(part, allowed) for part in parts) + "]"
    if origin is dict:
        of = f" (of {', '.join(names)})" if names else ""
        return f'{{"name"{of}: {_wanted(parts[1], {"bounds": allowed.get("bounds", "")})}}}'
    if origin is typing.Literal:
        names = parts
    if names and (kind is str or origin is typing.Literal):
        return f"one of {', '.join(names)}"
    text = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}[kind]
    return f"{text} {bounds}".rstrip()


def _fields(kind: type) -> dict[str, dataclasses.Field[Any]]:
    return {entry.name: entry for entry in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else {}


def _is_required(entry: dataclasses.Field[Any]) -> bool:
    return entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING


def _names(fields: Mapping[str, Any], wrong: str) -> str:
    return f"{did_you_mean(wrong, fields)} Here there are {', '.join(fields)}.".strip()


def _plain(value: Any) -> Any:
    """What JSON can say of a setting's value."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    text = json.dumps(value, default=repr)
    return text if len(text) <= SHOWN else text[:SHOWN] + " …"


def _shown_name(name: str) -> str:
    return repr(name.encode("utf-8", "backslashreplace").decode())
