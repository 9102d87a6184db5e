"""CONTRIBUTING.md read as instructions: its code blocks, the files it writes, the changes it makes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from mangacolor.tests.helpers.paths import ROOT

# Of a copy of the package that runs and is small: no weights of the colour network, for one.
LEFT_OUT = shutil.ignore_patterns(
    ".*", "__pycache__", "build", "benchmarks", "docs", "examples", "tests", "default.*", "*.csv"
)
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
    lines = re.findall(r"(?m)^\.venv/bin/mangacolor ([^#\n]*)", "\n".join(blocks("", text)))
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


def copy_package(site: Path) -> Path:
    """A copy of the package in ``site``, as an import of ``mangacolor`` finds it there."""
    shutil.copytree(ROOT, site / "mangacolor", ignore=LEFT_OUT)
    return site / "mangacolor"


def python(site: Path, folder: Path, *arguments: str) -> str:
    """What this Python prints in ``folder`` when ``site`` gives it packages. Fails with the process."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def install(site: Path, package: str) -> None:
    """Install a package that lies in ``site`` as the texts do, but beside mangacolor there."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    how = ["--no-deps", "--no-build-isolation", "--no-index", "--upgrade", "--target", str(site)]
    subprocess.run([*pip, *how, f"./{package}"], check=True, cwd=site)
