"""What values of options are, in words that a refusal can use: numbers, words in their place, paths."""

from __future__ import annotations

import glob
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from mangacolor.core.errors import UsageError
from mangacolor.core.option_fields import expand_home
from mangacolor.core.system.kind import on_windows


class WholeNumbers(click.IntRange):
    """A whole number in a range."""

    name = "whole number"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "N"


class Numbers(click.FloatRange):
    """A number in a range; "nan", which is in none and is told by no comparison, is refused."""

    name = "number"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "F"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value!r} is no number.", param, ctx)
        return number


class Size(click.ParamType[int]):
    """An amount of memory, as 4G or 1500M, in bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from mangacolor.pipeline.engine.memory import parse_size

        try:
            return value if isinstance(value, int) else parse_size(value)
        except UsageError as error:
            self.fail(f"{value!r} is not a size. {error.remedy}", param, ctx)


class NumberOrWord(click.ParamType[Any]):
    """A number in a range, or one of some words."""

    def __init__(self, number: click.ParamType[Any], words: tuple[str, ...]) -> None:
        self.number, self.words = number, words
        self.name = " or ".join((number.name, *words))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value in self.words:
            return value
        try:
            float(value)
        except ValueError:
            self.fail(f"{value!r} is not a valid {self.name}.", param, ctx)
        return self.number.convert(value, param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "|".join(("F", *self.words))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return offered(self.words, incomplete)


class Choice(click.Choice[str]):
    """One of some words; ``elsewhere`` says of others where what they ask for is found."""

    def __init__(self, choices: Sequence[str], elsewhere: Mapping[str, str]) -> None:
        super().__init__(choices)
        self.elsewhere = elsewhere

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        known = self.elsewhere.get(value.lower()) if isinstance(value, str) else None
        if known is not None:
            self.fail(f"{value!r} is not one of {', '.join(self.choices)}: {known}", param, ctx)
        return super().convert(value, param, ctx)


class GivenPath(click.Path):
    """A path that says something: an empty one, as of an unset variable, would be the working folder. ``~/``
    is the user's own folder, also where no shell has said so."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("the path is empty; is a variable unset? '.' is the working folder.", param, ctx)
        return super().convert(expand_home(value) if isinstance(value, str) else value, param, ctx)


class PathOrName(click.ParamType[str]):
    """A text that is a path or may be one: as it is, but for ``~/``."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return expand_home(str(value))


# What cannot be read is told by who reads it, with what to do about it.
PATH: Final = GivenPath(path_type=Path, readable=False)
PATH_OR_NAME: Final = PathOrName()


def expand_patterns(
    _ctx: click.Context, _param: click.Parameter, paths: tuple[Path, ...]
) -> tuple[Path, ...]:
    """On Windows, whose shells leave that to programs, the files that ``ch*.cbz`` stands for, by name.

    A pattern that nothing has stays, to be refused as the file that it is not.
    """
    if not on_windows():
        return paths
    return tuple(found for path in paths for found in _matching(str(path)) or [path])


def _matching(text: str) -> list[Path]:
    """What a pattern stands for; nothing for a text without ``*`` and ``?``. Brackets are letters."""
    text = text.replace("[", "[[]")
    is_pattern = "*" in text or "?" in text.removeprefix("\\\\?\\")
    return sorted(map(Path, glob.glob(text))) if is_pattern else []  # noqa: PTH207 - Path.glob has no drives


def offered(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    """The words that go on from what stands there, for a shell."""
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


def complete_stage(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of stages."""
    from mangacolor.stages.registry import default_graph

    return offered(default_graph().names, incomplete)


def complete_display(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of the displays of ``--fit``."""
    from mangacolor.core.displays import known_displays

    return offered(known_displays(), incomplete)
