"""Click options made from the fields of the settings, and the table of them in README.

``settings_options`` gives a command all options that say they belong to it, ``setting_option`` one of
them in the command's own words, ``option`` one that is no setting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from mangacolor.commands.settings.settings_file import environment_name
from mangacolor.commands.settings.value_types import (
    PATH,
    PATH_OR_NAME,
    Choice,
    NumberOrWord,
    Numbers,
    Size,
    WholeNumbers,
    complete_display,
    complete_stage,
)
from mangacolor.core.errors import UsageError
from mangacolor.core.option_fields import OptionField, option_fields
from mangacolor.core.settings import Options, RunOptions, WatchOptions

F = TypeVar("F", bound=Callable[..., Any])


SETTINGS: Final[tuple[type[Any], ...]] = (Options, RunOptions)
ALL_SETTINGS: Final = (*SETTINGS, WatchOptions)  # with those of one command alone
_RANGES: Final[dict[Any, Any]] = {int: WholeNumbers, float: Numbers}
# Values that people ask for, and what gives them that.
_BOOK: Final = "`mangacolor export OUT --format {}` makes that of what is coloured."
_ELSEWHERE: Final = {"output_form": {form: _BOOK.format(form) for form in ("epub", "zip")}}
# Fields whose values are names of a list that only a shell's completion needs to read.
_COMPLETED: Final = {"until": complete_stage, "start": complete_stage, "fit": complete_display}
_PLACEHOLDERS: Final[dict[Any, str]] = {
    int: "N",
    float: "F",
    str: "TEXT",
    Path: "PATH",
}  # of values, in the help and in the table


def option(*names: str, **attributes: Any) -> Callable[[F], F]:
    """``click.option`` with the environment variable ``MANGACOLOR_<NAME>``."""
    long_name = next(name for name in names if name.startswith("--"))
    variable = environment_name(long_name.partition("/")[0].lstrip("-"))
    return click.option(*names, envvar=variable, **attributes)


def refused_option(name: str, why: str, remedy: str, *, is_flag: bool = True) -> Callable[[F], F]:
    """An option that other commands have, a switch or one with a value: here it is refused, in words that
    help."""

    def refuse(_context: click.Context, _option: click.Parameter, given: bool | str | None) -> None:
        if given not in (None, False):
            raise UsageError(f"{name}: {why}", remedy)

    return click.option(name, is_flag=is_flag, hidden=True, expose_value=False, callback=refuse)


def settings_options(command: str, settings: tuple[type[Any], ...] = SETTINGS) -> Callable[[F], F]:
    """A decorator that adds the options of ``command``, in the order of their fields.

    A value that nobody gave is None: see ``settings_file.pick``.
    """

    def decorate(function: F) -> F:
        for field in reversed([*_fields(settings)]):
            if command in field.info.commands:
                function = _click_option(field)(function)
        return function

    return decorate


def setting_option(name: str, **changes: Any) -> Callable[[F], F]:
    """A decorator that adds the option of one field, with ``changes`` to what click is told."""
    (field,) = (field for field in _fields(SETTINGS) if field.name == name)
    return _click_option(field, **changes)


def setting_names(settings: tuple[type[Any], ...] = ALL_SETTINGS) -> set[str]:
    """The long names of all settings: what ``mangacolor.toml`` may hold."""
    return {field.long_name for field in _fields(settings)}


def option_table(settings: tuple[type[Any], ...] = SETTINGS) -> str:
    """The options as a Markdown table, a row each."""
    rows = [f"| {_usage(field)} | {_escaped(field.info.help)} |" for field in _fields(settings)]
    return "\n".join(["| option | what it does |", "|---|---|", *rows]) + "\n"


def _fields(settings: tuple[type[Any], ...]) -> Iterator[OptionField]:
    for kind in settings:
        yield from option_fields(kind).values()


def _click_option(field: OptionField, **changes: Any) -> Callable[[F], F]:
    flag = f"--{field.long_name}"
    if field.type is bool and field.default:
        flag += f"/--no-{field.long_name}"
    attributes = {
        "help": field.info.help,
        "metavar": field.info.metavar,
        "default": None,
        "shell_complete": _COMPLETED.get(field.name),
    }
    return option(flag, field.name, **{**attributes, **_value(field), **changes})


def _value(field: OptionField) -> dict[str, Any]:
    """What click is told about the values."""
    if field.type is bool:
        return {} if field.default else {"is_flag": True}
    return {"type": _value_type(field)}


def _value_type(field: OptionField) -> Any:
    if field.choices:
        return Choice(field.choices, _ELSEWHERE.get(field.name, {}))
    if field.words:
        return NumberOrWord(_RANGES[field.type](field.info.minimum, field.info.maximum), field.words)
    if field.info.size:
        return Size()
    if field.type is Path or field.is_path:
        return PATH if field.type is Path else PATH_OR_NAME
    if field.info.minimum is None and field.info.maximum is None:
        return field.type
    return _RANGES[field.type](field.info.minimum, field.info.maximum)


def _usage(field: OptionField) -> str:
    """The flag and its value as code: ``--jobs N``; a switch that is on by default with its twin."""
    if field.type is bool:
        twin = f", `--no-{field.long_name}`" if field.default else ""
        return f"`--{field.long_name}`{twin}"
    value = "|".join(field.choices) or field.info.metavar or _PLACEHOLDERS[field.type]
    value = "|".join((value, *field.words))
    return _escaped(f"`--{field.long_name} {value}`")


def _escaped(text: str) -> str:
    return text.replace("|", r"\|")
