"""An installation without torch: it colours, to the same bytes, and says what to install for the rest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image as PillowImage

from mangacolor.core.installed import install_command
from mangacolor.models import create_generator, save_generator
from mangacolor.tests.helpers.hidden import TORCH
from mangacolor.tests.helpers.stages import comic_page

HIDDEN = [sys.executable, "-m", "mangacolor.tests.helpers.hidden", TORCH]
WHOLE = [sys.executable, "-m", "mangacolor"]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "01.png"
    PillowImage.fromarray(comic_page(420, 300)).save(path)
    return path


def run(python: list[str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    line = [*python, *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, timeout=240, check=False)


def test_it_colours_a_page_to_the_same_bytes(page: Path, tmp_path: Path) -> None:
    pages = []
    for number, python in enumerate((HIDDEN, WHOLE)):
        out = tmp_path / str(number)
        done = run(python, page, "--out", out, "--device", "cpu", "--scale", "2", "--quiet")
        assert done.returncode == 0, done.stderr
        pages.append((out / page.name).read_bytes())
    assert pages[0] == pages[1]
    assert pages[0] != page.read_bytes()


def test_a_run_on_ncnn_imports_none_of_it(page: Path, tmp_path: Path) -> None:
    """Where it is installed, it is left alone: torch takes a second and 340 MB."""
    code = (
        "import sys\nfrom mangacolor.cli import main\n"
        "try: main(sys.argv[1:])\n"
        f"finally: print(sorted(set('{TORCH}'.split(',')) & set(sys.modules)))"
    )
    options = ("--device", "cpu", "--scale", "2", "--cpu-backend", "ncnn", "--quiet")
    done = run([sys.executable, "-c", code], page, "--out", tmp_path / "out", *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--device", "cuda"], "--device cuda needs torch, which is not installed"),
        (["--cpu-backend", "torch"], "--cpu-backend torch needs torch, which is not installed"),
        (["--upscaler", "mine.safetensors", "--scale", "2"], "needs torch, which is not installed"),
        (["--upscale-backend", "realesrgan", "--scale", "2"], "--upscale-backend realesrgan needs torch"),
        (["--weights", "unet.safetensors"], "the colour network unet needs torch, which is not installed"),
        (["--weights", "old.pth"], "old.pth needs torch, which is not installed"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_needs_torch_says_so(page: Path, tmp_path: Path, options: list[str], says: str) -> None:
    import torch
    from safetensors.torch import save_file

    network = create_generator("unet", 2)
    save_generator(tmp_path / "unet.safetensors", network, network.config, {})
    torch.save({"down1.conv.weight": torch.zeros(1)}, tmp_path / "old.pth")
    save_file({"conv.weight": torch.zeros(3, 3)}, tmp_path / "mine.safetensors")
    given = [str(tmp_path / text) if "." in text else text for text in options]
    done = run(HIDDEN, page, "--out", tmp_path / "out", *given)
    assert done.returncode == 3
    assert says in done.stderr and "pip install" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["train", "--data", "x", "--out", "y"],
        ["evaluate", "--data", ".", "--out", "y"],
        ["learn", "x", "--out", "y.safetensors"],
    ],
)
def test_training_and_measuring_say_what_to_install(tmp_path: Path, command: list[str]) -> None:
    done = run(HIDDEN, *(str(tmp_path / text) if text in ("x", "y", ".") else text for text in command))
    assert done.returncode == 3
    assert "needs torch, which is not installed" in done.stderr and install_command("train") in done.stderr


def test_other_commands_do_without(page: Path, tmp_path: Path) -> None:
    for command in (["doctor"], ["models", "list"], ["panels", page, "--out", tmp_path / "found"]):
        done = run(HIDDEN, *command)
        assert done.returncode == 0, done.stderr
