"""Damaged JSON in OUT/.mangacolor: named, made again or refused by every command, and no traceback.

Seeded: the same damage every time. A few here, 150 and the studio, too, with ``pytest -m slow``.
"""

from __future__ import annotations

import io
import json
import random
import shutil
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from mangacolor.cli import main
from mangacolor.core.errors import MangacolorError
from mangacolor.tests.helpers.edited_chapters import RED, colour, palette, write_pages
from mangacolor.tests.helpers.studio_server import opened_studio

VALUES: tuple[Any, ...] = (None, "x", 7, -1, 1.5, True, [], {}, [None], "é" * 5, 10**30, [1, "a", {}])
WAYS = ("value",) * 8 + ("delete",) * 3 + ("cut", "root", "nest", "bytes")
# What a command says that has met what nobody thought of.
SIGNS = ("Traceback", "this is a bug", "TypeError", "KeyError", "AttributeError", "ValueError", "IndexError")
DECIDED = ("palette.json", "palette.undone.json")  # what people have decided: refused until it is mended


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Path:
    """A coloured chapter with an edit that has been coloured, and one that was undone."""
    folder = tmp_path_factory.mktemp("state")
    pages, out = write_pages(folder / "in"), folder / "out"
    colour(pages, out, weights)
    assert palette(out, "--at", "0.png:100,100", "--colour", RED).status == 0
    colour(pages, out, weights)
    assert palette(out, "--at", "1.png:300,500", "--colour", "blue").status == 0
    assert palette(out, "--undo").status == 0
    return folder


def documents(state: Path) -> list[Path]:
    """All of a chapter's, and those of one page."""
    found = sorted(file for file in state.rglob("*.json*") if file.suffix in (".json", ".jsonl"))
    return [file for file in found if "pages" not in file.parts or file.parent.name == "0.png"]


def places(document: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where there is something in a document; of a list in its first entry."""
    if isinstance(document, dict | list) and document:
        keys = document if isinstance(document, dict) else (0,)
        for key in keys:
            yield (*here, key)
            yield from places(document[key], (*here, key))


def damaged(file: Path, rng: random.Random) -> tuple[str, bytes]:
    """What is done to it, and its bytes after that."""
    data, way = file.read_bytes(), rng.choice(WAYS)
    if way in ("cut", "nest", "bytes"):
        return way, {"cut": data[: rng.randrange(len(data))], "nest": b"[" * 100_000, "bytes": b"\xff\0"}[way]
    rows = data.split(b"\n") if file.suffix == ".jsonl" else [data]
    number = rng.randrange(max(1, len(rows) - 1))
    document = json.loads(rows[number])
    path, value = rng.choice([*places(document)]), rng.choice(VALUES)
    at = document
    for key in path[:-1]:
        at = at[key]
    if way == "root":
        document = value
    elif way == "delete":
        del at[path[-1]]
    else:
        at[path[-1]] = value
    rows[number] = json.dumps(document).encode()
    return f"{way} {path} {value!r}", b"\n".join(rows)


def run(*arguments: object) -> tuple[int, str]:
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said), pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0), said.getvalue()


def check(chapter: Path, weights: Path, seed: int, *, with_studio: bool) -> None:
    rng, out = random.Random(seed), chapter / "out"
    file = rng.choice(documents(out / ".mangacolor"))
    what, data = damaged(file, rng)
    file.write_bytes(data)
    told = f"seed {seed}: {file.name} {what}"
    options = ("--weights", weights, "--scale", "1", "--upscaler", "lanczos", "--device", "cpu")
    commands: list[tuple[object, ...]] = [
        ("plan", chapter / "in", "--out", out, *options),
        ("palette", out),
        ("palette", out, "--at", "1.png:300,500", "--colour", "green"),
        ("palette", out, "--undo", "--preview", chapter / "preview.png"),
        ("inspect", out),
        ("export", out, "--to", chapter / "book.cbz"),
    ]
    for command in commands:
        status, said = run(*command)
        assert not any(sign in said for sign in SIGNS), f"{told}: {command[0]}: {said}"
        assert status in (0, 1) or file.name in said or "colouring command again" in said, f"{told}: {said}"
    if with_studio:
        try:
            with opened_studio(out) as (_, client):
                assert client.get("/").status_code == 200, told
        except MangacolorError as error:
            assert file.name in str(error) or "again" in str(error), told
    for _ in range(2):
        status, said = run(chapter / "in", "--out", out, *options)
        assert not any(sign in said for sign in SIGNS), f"{told}: {said}"
    if file.name not in DECIDED:  # after a run all is well, or it says how to write over what nobody knows
        assert status == 0 or (file.name == "manifest.jsonl" and "--force" in said), f"{told}: {said}"
        assert run("palette", out)[0] == 0, told


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_document_is_no_surprise(chapter: Path, tmp_path: Path, weights: Path, seed: int) -> None:
    copy = Path(shutil.copytree(chapter, tmp_path / "copy"))
    check(copy, weights, seed, with_studio=False)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_many_damaged_documents_are_no_surprise(chapter: Path, tmp_path: Path, weights: Path) -> None:
    for seed in range(100, 250):
        copy = Path(shutil.copytree(chapter, tmp_path / str(seed)))
        check(copy, weights, seed, with_studio=True)
        shutil.rmtree(copy)
