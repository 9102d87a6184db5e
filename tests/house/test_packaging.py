"""Source archive and wheel, as ``make dist`` builds them: what they hold, what they say, that they work."""

from __future__ import annotations

import email
import email.policy
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mangacolor.models.files.known import find_weights
from mangacolor.models.files.reading import bundled_file
from mangacolor.tests.helpers.house import modules, package_data, project, shown
from mangacolor.tests.helpers.paths import ROOT

PYTHON = [sys.executable, "-m"]
PIP = [*PYTHON, "pip", "--disable-pip-version-check", "--quiet"]
# What a user needs who has no checkout: more than this may be there, this must.
NEEDED = {
    "core/displays.csv",
    "models/weights/balloons.safetensors",
    "models/weights/default.safetensors",
    "models/weights/default.cohort.safetensors",
    "models/weights/default.identity.safetensors",
    "models/weights/default.surfaces.safetensors",
    "models/weights/descreen.safetensors",
    "models/weights/manga-x2.safetensors",
    "models/weights/panels.newspaper.safetensors",
    "models/weights/panels.safetensors",
    "pipeline/report/templates/palette.html",
    "pipeline/report/templates/report.html",
    "py.typed",
    "studio/static/css/theme.css",
    "studio/static/icon.svg",
    "studio/static/index.html",
    "studio/static/js/core/store.js",
    "studio/static/js/main.js",
    "training/evaluation/templates/evaluation.html",
    "training/evaluation/tint_table.json",
    "training/recipes/default.toml",
}
# Beside the package's own files in a source archive.
BESIDE = {
    "CHANGELOG.md",
    "LICENSE",
    "MANIFEST.in",
    "NOTICE",
    "PKG-INFO",
    "README.md",
    "pyproject.toml",
    "setup.cfg",
}
LEFT_OUT = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "colored", "runs")


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("packaging")
    # A copy: building leaves folders behind, and puts into the wheel what an earlier build left.
    shutil.copytree(ROOT, folder / "checkout", ignore=LEFT_OUT)
    build = [*PYTHON, "build", "--no-isolation", "--outdir", str(folder / "dist"), "checkout"]
    subprocess.run(build, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    shutil.rmtree(folder / "checkout")
    return folder / "dist"


@pytest.fixture(scope="module")
def site(dist: Path) -> Path:
    """An empty folder with the wheel installed in it."""
    (wheel,) = dist.glob("mangacolor-*.whl")
    folder = dist.with_name("site")
    subprocess.run(
        [*PIP, "install", "--no-deps", "--no-index", "--target", str(folder), str(wheel)], check=True
    )
    return folder


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


def packaged() -> set[str]:
    """Every file of the packages of pyproject.toml, and the root's modules."""
    folders = [name.split(".")[1:] for name in project()["tool"]["setuptools"]["packages"]]
    code = {
        path.relative_to(ROOT).as_posix() for parts in folders for path in ROOT.joinpath(*parts).glob("*.py")
    }
    return code | set().union(*package_data().values())


def test_the_version_is_told_in_one_place() -> None:
    release = project()["project"]["version"]
    newest = re.search(r"(?m)^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert newest is not None and newest[1] == release
    wrong = {shown(path) for path in modules().values() if f'"{release}"' in path.read_text(encoding="utf-8")}
    assert wrong == set(), "ask importlib.metadata"


def test_the_console_script_is_there() -> None:
    scripts = project()["project"]["scripts"]
    assert list(scripts) == ["mangacolor"]
    module, _, function = scripts["mangacolor"].partition(":")
    assert callable(getattr(import_module(module), function))


def test_what_a_user_needs_is_packaged() -> None:
    assert NEEDED - packaged() == set()


@pytest.mark.slow
def test_the_source_archive_holds_the_package_and_nothing_else(dist: Path) -> None:
    (archive,) = dist.glob("mangacolor-*.tar.gz")
    with tarfile.open(archive) as file:
        members = [member for member in file.getmembers() if not member.isdir()]
    assert all(member.isfile() for member in members)
    held = {member.name.partition("/")[2] for member in members}
    assert {name for name in held if not name.startswith("mangacolor.egg-info/")} == packaged() | BESIDE


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_nothing_else(dist: Path) -> None:
    (wheel,) = dist.glob("mangacolor-*.whl")
    with zipfile.ZipFile(wheel) as file:
        held = set(file.namelist())
        about = f"mangacolor-{project()['project']['version']}.dist-info"
        scripts = file.read(f"{about}/entry_points.txt").decode()
    assert {name for name in held if not name.startswith(f"{about}/")} == {
        f"mangacolor/{n}" for n in packaged()
    }
    assert {f"{about}/licenses/LICENSE", f"{about}/licenses/NOTICE"} <= held
    assert scripts.split() == ["[console_scripts]", "mangacolor", "=", "mangacolor.cli:main"]
    # One that runs on every machine of one kind only would say so in its name.
    assert wheel.name.endswith("-py3-none-any.whl")


@pytest.mark.slow
def test_an_index_would_take_both(dist: Path) -> None:
    files = sorted(map(str, dist.iterdir()))
    assert len(files) == 2
    check = [*PYTHON, "twine", "check", "--strict", *files]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2


@pytest.mark.slow
def test_the_metadata_says_what_pyproject_says(dist: Path) -> None:
    (wheel,) = dist.glob("mangacolor-*.whl")
    with zipfile.ZipFile(wheel) as file:
        (name,) = (name for name in file.namelist() if name.endswith(".dist-info/METADATA"))
        told = email.message_from_bytes(file.read(name), policy=email.policy.default)
    table = project()["project"]
    assert (told["Name"], told["Version"]) == (table["name"], table["version"])
    assert told["Requires-Python"] == table["requires-python"]
    assert told["License-Expression"] == table["license"]
    assert told["Description-Content-Type"] == "text/markdown"
    assert set(told.get_all("Provides-Extra", [])) == table["optional-dependencies"].keys()
    bare = {text for text in told.get_all("Requires-Dist", []) if "extra ==" not in text}
    assert {Requirement(text) for text in bare} == {Requirement(text) for text in table["dependencies"]}


@pytest.mark.slow
def test_the_command_works_from_elsewhere(site: Path, tmp_path: Path) -> None:
    told = python(site, tmp_path, str(site / "bin" / "mangacolor"), "--version")
    assert told.strip() == f"mangacolor {project()['project']['version']}"
    told = python(site, tmp_path, "-m", "mangacolor", "--help")
    assert "colorize" in told and "train" in told


@pytest.mark.slow
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


@pytest.mark.slow
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
