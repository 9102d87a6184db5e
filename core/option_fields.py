"""A field of a settings dataclass that carries what is said of it to the user: its help, range and flag.

The command line, ``mangacolor.toml``, ``MANGACOLOR_*`` and the table in README are made from these fields
(``commands.settings.options``), so an option is added in one place. Nothing here knows click.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Any, Final, Literal, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")
_KEY: Final = "option"
_HOME: Final = ("~/", f"~{os.sep}")


@dataclass(frozen=True, slots=True)
class OptionInfo:
    """What a field's type and default do not say by themselves."""

    help: str
    commands: tuple[str, ...]  # the commands that show it
    flag: str | None  # its long name, where that is not the field's own: --from for ``start``
    metavar: str | None  # what stands for the value, as NAME|PATH
    minimum: float | None
    maximum: float | None
    size: bool  # a whole number of bytes, written as 4G or 1500M
    path: bool  # a text that is a path, or may be one instead of a name


@dataclass(frozen=True, slots=True)
class OptionField:
    """A field with its option: everything that a flag, a setting or a row of a table is made from."""

    name: str
    default: Any
    type: Any  # without None and words: bool, int, float, str, Path or a Literal
    info: OptionInfo
    words: tuple[str, ...] = ()  # that may stand in the place of a number: of ``float | Literal["eink"]``

    @property
    def long_name(self) -> str:
        """``force-color`` for ``force_color``."""
        return (self.info.flag or self.name).removeprefix("--").replace("_", "-")

    @property
    def choices(self) -> tuple[str, ...]:
        """The values of a ``Literal``; empty for another type."""
        return get_args(self.type) if get_origin(self.type) is Literal else ()

    @property
    def is_path(self) -> bool:
        """Whether a value is a path, or may be one."""
        return self.type is Path or self.info.path


def option_field(
    default: T,
    help: str,
    *,
    commands: tuple[str, ...],
    flag: str | None = None,
    metavar: str | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    size: bool = False,
    path: bool = False,
) -> T:
    """``dataclasses.field`` with an ``OptionInfo``. A switch that is on by default gets a ``--no-`` twin."""
    info = OptionInfo(help, commands, flag, metavar, minimum, maximum, size, path)
    return dataclasses.field(default=default, metadata=MappingProxyType({_KEY: info}))


def option_fields(settings: type[Any]) -> Mapping[str, OptionField]:
    """The options of a settings dataclass by their fields' names, in order.

    Raises ``TypeError`` for a field that says nothing of itself: every setting is an option.
    """
    types = get_type_hints(settings)
    options = {}
    for field in dataclasses.fields(settings):
        info = field.metadata.get(_KEY)
        if not isinstance(info, OptionInfo):
            raise TypeError(f"{settings.__name__}.{field.name} needs a default made by option_field")
        kind, words = _parts(types[field.name])
        options[field.name] = OptionField(field.name, field.default, kind, info, words)
    return options


def arguments_of(settings: Any, bare: Any) -> list[str] | None:
    """What a command line says for settings that are not as they are by default, or else are not where it
    says nothing, as ``bare`` is: the same kind of settings. None where it has no words for one of them."""
    words = []
    for field in option_fields(type(settings)).values():
        value, otherwise = getattr(settings, field.name), getattr(bare, field.name)
        if value == field.default == otherwise:
            continue
        flag = f"--{field.long_name}"
        if value is None or (value is False and not field.default):  # there is no --no-NAME for these
            if value != otherwise:
                return None
        elif field.type is bool:
            words.append(flag if value else f"--no-{field.long_name}")
        else:
            words += [flag, str(value)]
    return words


def expand_home(path: str) -> str:
    """A path that no shell has read, as in ``--option=~/x`` and in settings files, with the user's own folder
    for a leading ``~/``.

    No ``~name``: shells leave that as it is where there is no such user, and files are called so. A folder
    that is itself called ``~`` is ``./~/``.
    """
    return str(Path(path).expanduser()) if path.startswith(_HOME) else path


def checked_value(option: OptionField, value: Any) -> Any:
    """A value from a file or from Python as the option has it: text, paths and numbers as its type says.

    Raises ``ValueError``, which says what the option takes, for another kind of value or one out of range.
    """
    if value is None and option.default is None:
        return None
    if not option.choices and isinstance(value, str) and value in option.words:
        return _plain(value, option.words)
    if option.type in (str, Path) and isinstance(value, str | os.PathLike):
        return option.type(expand_home(os.fspath(value)) if option.is_path else value)
    if not _fits(option, value):
        raise ValueError(f"{option.name} is {value!r}, and takes {_taken(option)}")
    if option.choices:
        return _plain(value, option.choices)
    return value if type(value) in (bool, int, float) else option.type(value)  # a number of NumPy's


def _plain(value: Any, words: Iterable[Any]) -> Any:
    """The word that it is the same as: one of somebody's own class cannot travel to other processes."""
    return next(word for word in words if word == value)


def _fits(option: OptionField, value: Any) -> bool:
    """Whether it is one of the choices, a switch, or a number in the range."""
    if option.choices:
        return value in option.choices
    if option.type is bool or isinstance(value, bool):
        return option.type is bool and isinstance(value, bool)
    if not isinstance(value, {int: Integral, float: Real}.get(option.type, option.type)):
        return False
    least, most = option.info.minimum, option.info.maximum
    return (least is None or value >= least) and (most is None or value <= most)


def _taken(option: OptionField) -> str:
    """The values of an option in words."""
    if option.choices:
        return f"one of {', '.join(option.choices)}"
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "text", Path: "a path"}
    least, most = option.info.minimum, option.info.maximum
    limits = (f" from {least:g}" if least is not None else "") + (f" to {most:g}" if most is not None else "")
    return " or ".join((kinds[option.type] + limits, *option.words))


def _parts(annotation: Any) -> tuple[Any, tuple[str, ...]]:
    """The type of a field's values without None, and the words that it takes beside them."""
    if get_origin(annotation) is Literal:
        return annotation, ()
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType] or [annotation]
    plain = [kind for kind in kinds if get_origin(kind) is not Literal] or kinds
    return plain[0], tuple(word for kind in kinds if kind is not plain[0] for word in get_args(kind))
