"""Which device a run computes on, and what cache keys know of it."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch

from mangacolor.core import devices
from mangacolor.core.errors import SetupError, UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter
from mangacolor.pipeline.store.keys import make_recipe
from mangacolor.stages.base import Stage
from mangacolor.stages.graph import Graph


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    devices.device_kind.cache_clear()
    yield
    devices.device_kind.cache_clear()


def pretend(patch: pytest.MonkeyPatch, *, driver: int, torch_sees: int, built_for_cuda: bool = True) -> None:
    patch.setattr(devices, "_cuda_devices", lambda: driver)
    patch.setattr(devices, "_torch_build", lambda: {"cuda": built_for_cuda, "hip": False})
    patch.setattr(torch.cuda, "is_available", lambda: torch_sees > 0)
    patch.setattr(torch.cuda, "device_count", lambda: torch_sees)
    patch.setattr(torch.backends.mps, "is_available", lambda: False)
    patch.setattr(platform, "system", lambda: "Linux")


def mark(device: str) -> str:
    stage = Stage("only", lambda _c, _i: Artifact(), lambda options, _chapter: options.device)
    return make_recipe(Graph([stage]), Options(device=device), Chapter("", ()), ["only"]).marks["only"]


def test_auto_shares_its_cache_with_what_it_comes_down_to(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, driver=0, torch_sees=0)
    assert mark("auto") == mark("cpu") != mark("cuda")
    devices.device_kind.cache_clear()
    pretend(monkeypatch, driver=2, torch_sees=2)
    assert mark("auto") == mark("cuda") == mark("cuda:1") != mark("cpu")
    assert devices.resolve_device("auto") == "cuda:0"


def test_a_card_counts_only_if_torch_was_built_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, driver=1, torch_sees=0, built_for_cuda=False)
    assert devices.device_kind("auto") == "cpu" == devices.resolve_device("auto")


def test_a_card_that_torch_cannot_use_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, driver=1, torch_sees=0)
    with pytest.raises(SetupError, match="torch cannot use it"):
        devices.resolve_device("auto")
    assert devices.resolve_device("cpu") == "cpu"
    with pytest.raises(SetupError, match="torch sees 0 CUDA devices"):
        devices.resolve_device("cuda:1")


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "CPU", ""])
def test_unknown_devices_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no such device"):
        devices.check_device_name(name)


def test_the_kind_is_torchs_own_answer_and_found_without_it() -> None:
    code = (
        "import sys; from mangacolor.core.devices import device_kind, resolve_device;"
        "kind = device_kind('auto'); assert 'torch' not in sys.modules;"
        "assert resolve_device('auto').partition(':')[0] == kind"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
