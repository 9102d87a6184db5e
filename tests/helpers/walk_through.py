"""CONTRIBUTING.md read as instructions: its code blocks, the files it writes, the changes it makes."""

from __future__ import annotations

import re
from pathlib import Path

from mangacolor.tests.helpers.paths import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text under a heading of the second order."""
    (text,) = re.findall(rf"(?ms)^## {re.escape(title)}\n(.*?)(?=^## |\Z)", TEXT)
    return str(text)


def blocks(language: str, text: str = TEXT) -> list[str]:
    """The text's code blocks of a language; of none: what is typed into a shell."""
    fenced = re.findall(r"(?ms)^```(\w*)\n(.*?)^```$", text)
    return [content for name, content in fenced if name == language]


def new_files(text: str) -> dict[str, str]:
    """The files that a text gives in full, by path: each in a block right after the path."""
    return dict(re.findall(r"(?ms)`([\w./-]+)`:?\n\n```\w+\n(.*?)^```$", text))


def commands(text: str) -> list[list[str]]:
    """The calls of ``mangacolor`` in a text's shell blocks: the arguments of each."""
    lines = re.findall(r"(?m)^\.venv/bin/mangacolor (.*)$", "\n".join(blocks("", text)))
    return [line.split() for line in lines]


def changed_file(change: str) -> str:
    """The file that a diff names. Its two names must agree."""
    first, second, *_ = change.splitlines()
    assert first.removeprefix("--- a/") == second.removeprefix("+++ b/")
    return second.removeprefix("+++ b/")


def changed(content: str, change: str) -> str:
    """A file's content after a diff, whose lines must be there exactly once."""
    _, _, *hunk = change.splitlines()
    assert any(line[0] == "+" for line in hunk)
    before, after = ("".join(f"{line[1:]}\n" for line in hunk if line[0] in marks) for marks in (" -", " +"))
    assert content.count(before) == 1
    return content.replace(before, after)


def follow(text: str, checkout: Path) -> None:
    """Write the files and make the changes of a text in a checkout."""
    for name, content in new_files(text).items():
        path = checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    for change in blocks("diff", text):
        path = checkout / changed_file(change)
        path.write_text(changed(path.read_text(encoding="utf-8"), change), encoding="utf-8")
