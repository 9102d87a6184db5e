"""The wheel: installed away from the checkout it holds what it needs, works, and holds no tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mangacolor.models.files.known import find_weights
from mangacolor.models.files.reading import bundled_file
from mangacolor.tests.helpers.house import modules, project
from mangacolor.tests.helpers.paths import ROOT

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
LEFT_OUT = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "colored", "runs")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder with the wheel installed in it."""
    folder = tmp_path_factory.mktemp("packaging")
    # A copy: building leaves folders behind, and puts into the wheel what an earlier build left.
    shutil.copytree(ROOT, folder / "checkout", ignore=LEFT_OUT)
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), "./checkout"]
    subprocess.run([*PIP, *build], check=True, cwd=folder)
    (wheel,) = folder.glob("mangacolor-*.whl")
    shutil.rmtree(folder / "checkout")
    install = ["install", "--no-deps", "--no-index", "--target", str(folder / "site"), str(wheel)]
    subprocess.run([*PIP, *install], check=True, cwd=folder)
    return folder / "site"


def python(site: Path, folder: Path, *arguments: str) -> str:
    """What this Python prints when only ``site`` can give it mangacolor. Fails with the process."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MANGACOLOR_")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def data_files() -> set[str]:
    """What the checkout holds beside Python files that a wheel must have."""
    found = {"py.typed", "training/evaluation/tint_table.json"}
    for module in modules().values():
        for name in ("recipes", "templates", "weights"):
            files = (module.parent / name).glob("*")
            found |= {path.relative_to(ROOT).as_posix() for path in files if path.is_file()}
    return {name for name in found if not name.endswith(".py")}


def test_the_wheel_holds_code_and_data_and_nothing_else(site: Path) -> None:
    package = site / "mangacolor"
    held = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    assert any(name.endswith(".html") for name in data_files())
    assert data_files() - held == set()
    folders = {"/".join(name.split(".")[1:]) for name in project()["tool"]["setuptools"]["packages"]}
    code = {path.relative_to(ROOT).as_posix() for folder in folders for path in (ROOT / folder).glob("*.py")}
    assert {name for name in held if name.endswith(".py")} == code
    parts = {folder.split("/")[0] for folder in folders if folder}
    assert {name.split("/")[0] for name in held if "/" in name} - {"__pycache__"} == parts
    assert list(site.glob("mangacolor-*.dist-info/licenses/NOTICE"))


def test_the_command_works_from_elsewhere(site: Path, tmp_path: Path) -> None:
    assert python(site, tmp_path, "-m", "mangacolor", "--version").startswith("mangacolor ")
    told = python(site, tmp_path, "-m", "mangacolor", "--help")
    assert "colorize" in told and "train" in told
    assert (site / "bin" / "mangacolor").is_file()


def test_python_imports_it_from_there(site: Path, tmp_path: Path) -> None:
    code = (
        "import mangacolor\n"
        "names = [getattr(mangacolor, name) for name in mangacolor.__all__]\n"
        "order = mangacolor.order_panels([(0, 0, 90, 90), (110, 0, 90, 90)], (200, 90), 'rtl')\n"
        "print(mangacolor.__file__, len(names), *order)"
    )
    file, names, *order = python(site, tmp_path, "-c", code).split()
    assert Path(file).is_relative_to(site)
    assert int(names) > 5
    assert order == ["1", "0"]


def test_it_colours_with_the_weights_in_it(site: Path, tmp_path: Path) -> None:
    entry = find_weights("default")
    assert entry is not None
    if not bundled_file(entry).is_file():
        pytest.skip("the checkout has no bundled weights")
    code = (
        "import numpy as np, mangacolor\n"
        "page = np.random.default_rng(0).integers(0, 256, (96, 80), np.uint8)\n"
        "made = mangacolor.colorize_page(page, scale='1', device='cpu')\n"
        "print(made.shape, int(np.ptp(made, axis=2).max()) > 0)"
    )
    assert python(site, tmp_path, "-c", code).strip() == "(96, 80, 3) True"
