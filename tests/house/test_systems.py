"""What would fail on Windows or macOS alone, and can be seen in the code: no test on Linux would notice."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from mangacolor.tests.helpers.house import modules, shown, tree

# Of ``os`` and ``Path``: what moves or removes a file. Windows needs patience for it.
MOVES = {"unlink", "rename", "replace", "remove"}
OWNER = "core/system/files.py"
# Modules and functions that Windows lacks, by whoever may name them: they look before.
POSIX = {
    "fcntl",
    "resource",
    "pwd",
    "grp",
    "fork",
    "killpg",
    "sched_getaffinity",
    "getuid",
    "SIGHUP",
    "SIGKILL",
}
LOOKED_AT = {"core/cpu.py": {"sched_getaffinity"}, "watcher/telling/then.py": {"killpg", "SIGKILL"}}


def texts_without_encoding(code: ast.Module) -> Iterator[int]:
    """Lines that open a text, read or write one, and leave the encoding to the system."""
    for call in (node for node in ast.walk(code) if isinstance(node, ast.Call)):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        words = {arg.value for arg in call.args if isinstance(arg, ast.Constant)}
        if words & {"utf-8", "ascii"} or any(keyword.arg == "encoding" for keyword in call.keywords):
            continue
        opens = name in ("open", "fdopen") and any(set(str(word)) <= set("rwax+t") for word in words)
        if opens or (name in ("read_text", "write_text") and not _is_metadata(call)):
            yield call.lineno


def _is_metadata(call: ast.Call) -> bool:
    """``distribution(...).read_text``: not of a path, and always UTF-8."""
    return isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call)


def moves_of_files(code: ast.Module) -> Iterator[int]:
    """Lines that move or remove a file by ``os`` or ``Path``; a text's ``replace`` takes two arguments."""
    for call in (node for node in ast.walk(code) if isinstance(node, ast.Call)):
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in MOVES:
            continue
        of_os = isinstance(call.func.value, ast.Name) and call.func.value.id == "os"
        if of_os or call.func.attr == "unlink" or (call.func.attr in ("rename", "replace") and _is_one(call)):
            yield call.lineno


def _is_one(call: ast.Call) -> bool:
    return len(call.args) == 1 and not call.keywords


def posix_names(code: ast.Module) -> Iterator[str]:
    for node in ast.walk(code):
        if isinstance(node, ast.Attribute) and node.attr in POSIX and isinstance(node.value, ast.Name):
            yield from [node.attr] if node.value.id in ("os", "signal") else []
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in POSIX)


@pytest.mark.parametrize("path", modules().values(), ids=shown)
def test_a_module_is_for_every_system(path: Path) -> None:
    code, name = tree(path), shown(path)
    assert list(texts_without_encoding(code)) == [], "say encoding=, which differs between systems"
    if name != OWNER:
        assert list(moves_of_files(code)) == [], (
            "take rename, move_file and remove_file of core/system/files.py"
        )
    assert set(posix_names(code)) <= LOOKED_AT.get(name, set()), "Windows has no such thing"


def test_the_search_finds_what_it_looks_for() -> None:
    code = ast.parse(
        "import fcntl\np.read_text()\nopen(p, 'w')\np.open('a')\np.unlink()\nold.replace(new)\nos.remove(p)\n"
        "os.killpg(1, 2)\np.open('rb')\np.read_text('utf-8')\nt.replace('a', 'b')\nnames.remove(n)\n"
    )
    assert list(texts_without_encoding(code)) == [2, 3, 4]
    assert list(moves_of_files(code)) == [5, 6, 7]
    assert sorted(posix_names(code)) == ["fcntl", "killpg"]
