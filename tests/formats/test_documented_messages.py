"""docs/guide/formats.md has the messages of ``formats`` in their words, and every refusal among them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from mangacolor.tests.helpers.paths import ROOT

REFUSALS = ("PageError", "InputError")
# Refusals of a file beside the pages, of a folder without permissions, and those that only pass others on.
ELSEWHERE = {"…: … cannot be read (…)"}


def nodes() -> Iterator[ast.AST]:
    for path in (*sorted((ROOT / "formats").rglob("*.py")), ROOT / "pipeline" / "store" / "packing.py"):
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def template(node: ast.AST) -> str | None:
    """A message of the code with ``…`` for what is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return None


def documented() -> set[str]:
    text = (ROOT / "docs" / "guide" / "formats.md").read_text(encoding="utf-8")
    said = text[text.index("## What it says") : text.index("## When the disk says no")]
    return set(re.findall(r"(?m)^\| (?:reason: )?`([^`]+)`", said))


def test_every_documented_message_is_one_of_the_code() -> None:
    known = {text for node in nodes() if (text := template(node)) is not None}
    assert len(documented()) > 50
    assert documented() - known == set()


def test_every_refusal_is_documented() -> None:
    refused = set()
    for node in nodes():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
            text = template(node.args[0])
            refused |= {text} if text else set()
    assert len(refused) > 20
    assert refused - documented() - ELSEWHERE == set()
