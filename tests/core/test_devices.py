"""Which device a run computes on, and what cache keys know of it."""

from __future__ import annotations

import ctypes
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import torch

from mangacolor.core import devices
from mangacolor.core.cuda_driver import Card, Driver, find_driver
from mangacolor.core.errors import DeviceError, SetupError, UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter
from mangacolor.pipeline.store.keys import make_recipe
from mangacolor.stages.base import Stage
from mangacolor.stages.graph import Graph

CARD = Card("GeForce", 8 << 30, (8, 6))


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    caches = devices.device_kind, devices._driver

    def clear() -> None:
        devices._refused.clear()
        for cache in caches:
            cache.cache_clear()

    clear()
    yield
    clear()


def pretend(
    patch: pytest.MonkeyPatch,
    *,
    cards: Sequence[Card] = (),
    cuda: tuple[int, int] = (13, 0),
    built_for: tuple[int, int] | None = (13, 0),
    torch_sees: int | None = None,
) -> None:
    """Cards, the CUDA of their driver and of torch; ``torch_sees`` so many, by default all of them."""
    count = len(cards) if torch_sees is None else torch_sees
    driver = Driver(cuda, tuple(cards)) if cards else None
    patch.setattr(devices, "find_driver", lambda: driver)
    patch.setattr(devices, "_torch_build", lambda: {"cuda": built_for, "hip": None})
    patch.setattr(torch.cuda, "is_available", lambda: count > 0)
    patch.setattr(torch.cuda, "device_count", lambda: count)
    patch.setattr(torch.cuda, "get_arch_list", lambda: ["sm_75", "sm_90"])
    patch.setattr(torch.cuda, "get_device_capability", lambda number: cards[number].capability)
    patch.setattr(torch.cuda, "get_device_name", lambda number: cards[number].name)
    patch.setattr(torch.cuda, "init", _raise_no_gpu)
    patch.setattr(devices, "_compute_on", lambda _device: None)
    patch.setattr(torch.backends.mps, "is_available", lambda: False)
    patch.setattr(platform, "system", lambda: "Linux")
    devices.device_kind.cache_clear()
    devices._driver.cache_clear()


def _raise_no_gpu() -> None:
    raise RuntimeError("No CUDA GPUs are available\nin several lines")


def mark(device: str) -> str:
    stage = Stage("only", lambda _c, _i: Artifact(), lambda options, _chapter: options.device)
    return make_recipe(Graph([stage]), Options(device=device), Chapter("", ()), ["only"]).marks["only"]


def test_auto_shares_its_cache_with_what_it_comes_down_to(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)
    assert mark("auto") == mark("cpu") != mark("cuda")
    pretend(monkeypatch, cards=[CARD, CARD])
    assert mark("auto") == mark("cuda") == mark("cuda:1") != mark("cpu")
    assert devices.resolve_device("auto") == "cuda:0"


def test_a_card_counts_only_if_torch_was_built_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cards=[CARD], built_for=None, torch_sees=0)
    assert devices.device_kind("auto") == "cpu" == devices.resolve_device("auto")
    with pytest.raises(SetupError, match="GeForce is here, but the torch installed computes on no NVIDIA"):
        devices.resolve_device("cuda")


@pytest.mark.parametrize(
    ("card", "cuda", "problem"),
    [
        (
            CARD,
            (12, 4),
            "the NVIDIA driver runs CUDA 12.4, and this torch needs 13.0: "
            "install a newer driver, or a torch built for CUDA 12 from pytorch.org",
        ),
        (
            Card("GTX 970", 4 << 30, (5, 2)),
            (13, 1),
            "GTX 970 has compute capability 5.2, and torch for CUDA 13.0 needs 7.5",
        ),
    ],
)
def test_what_is_too_old_leaves_the_work_to_the_processor_and_is_said(
    card: Card, cuda: tuple[int, int], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, cards=[card], cuda=cuda)
    assert devices.device_kind("auto") == "cpu" == devices.resolve_device("auto")
    assert devices.card_problem() == problem
    assert devices.notes_on_device("auto") == [
        f"{problem}: the processor computes; --device cpu says so and silences this"
    ]
    assert devices.notes_on_device("cpu") == [] == devices.notes_on_device("cuda")
    with pytest.raises(SetupError, match=re.escape(f"--device cuda: {problem}")):
        devices.resolve_device("cuda")
    assert devices.describe_cards() == [
        f"cuda:0 {card.name}, {card.memory >> 30}.0 GiB, driver for CUDA {cuda[0]}.{cuda[1]}: {problem}"
    ]


def test_auto_takes_the_first_card_that_can_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cards=[Card("GTX 970", 4 << 30, (5, 2)), CARD])
    assert devices.resolve_device("auto") == "cuda:1"
    assert devices.notes_on_device("auto") == []
    assert "super-resolution" in devices.describe_cards()[1]


def test_a_card_that_torch_has_no_code_for_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cards=[Card("GTX 1080", 8 << 30, (6, 1))], cuda=(12, 8), built_for=(12, 8))
    with pytest.raises(SetupError, match="GTX 1080 is older than the cards that this torch computes on"):
        devices.resolve_device("cuda")
    assert devices.device_kind("auto") == "cuda"
    assert devices.resolve_device("auto") == "cpu" == devices.device_kind("auto")
    (line,) = devices.describe_cards()
    assert "GTX 1080 is older than" in line


def test_a_card_of_amd_is_taken_whatever_its_architecture_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, built_for=None, torch_sees=1)
    monkeypatch.setattr(devices, "_torch_build", lambda: {"cuda": None, "hip": (6, 4)})
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ["gfx906", "gfx90a", "gfx1100"])
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _number: (11, 0))
    assert devices.resolve_device("cuda") == "cuda:0"


def test_auto_is_the_processor_where_the_driver_sees_a_card_and_torch_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pretend(monkeypatch, cards=[CARD], torch_sees=0)
    problem = "torch sees 0 CUDA devices: No CUDA GPUs are available"
    with pytest.raises(SetupError, match=f"--device cuda: {problem}"):
        devices.resolve_device("cuda")
    assert devices.device_kind("auto") == "cuda" and devices.notes_on_device("auto") == []
    assert devices.resolve_device("auto") == "cpu" == devices.device_kind("auto")
    assert devices.notes_on_device("auto") == [
        f"{problem}: the processor computes; --device cpu says so and silences this"
    ]
    assert devices.describe_cards() == [f"cuda:0 GeForce, 8.0 GiB, driver for CUDA 13.0: {problem}"]
    assert mark("auto") == mark("cpu")
    assert devices.resolve_device("cpu") == "cpu"
    with pytest.raises(SetupError, match="torch sees 0 CUDA devices"):
        devices.resolve_device("cuda:1")


def test_memory_is_that_of_the_card_which_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    old, large = Card("old", 2 << 30, (5, 0)), Card("large", 24 << 30, (8, 9))
    pretend(monkeypatch, cards=[old, CARD, large])
    names = ("auto", "cuda", "cuda:2", "cuda:3")
    assert [devices.card_memory(name) >> 30 for name in names] == [8, 2, 24, 0]
    pretend(monkeypatch)
    assert devices.card_memory("auto") == 0


def test_auto_passes_over_a_card_on_which_nothing_can_be_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cards=[CARD, CARD])

    def compute(device: str) -> None:
        if device == "cuda:0":
            raise RuntimeError("CUDA error: all CUDA-capable devices are busy or unavailable\nCUDA kernel")

    monkeypatch.setattr(devices, "_compute_on", compute)
    assert devices.resolve_device("auto") == "cuda:1"
    busy = "torch cannot compute on cuda:0: CUDA error: all CUDA-capable devices are busy or unavailable"
    assert devices.describe_cards()[0].endswith(f": {busy}")
    with pytest.raises(SetupError, match=f"--device cuda: {busy}\n"):
        devices.resolve_device("cuda")
    monkeypatch.setattr(devices, "_compute_on", lambda _device: None)
    assert devices.resolve_device("cuda") == "cuda:0"  # asked by name, it is tried again


def test_of_two_cards_the_one_that_failed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cards=[Card("GTX 970", 4 << 30, (5, 2)), CARD])
    assert devices.resolve_device("auto") == "cuda:1"
    devices.DeviceChoice("auto").pass_over(DeviceError("cuda:1 failed: CUDA error: out of luck"))
    assert devices.resolve_device("auto") == "cpu"
    assert devices.notes_on_device("auto")[0].startswith("cuda:1 failed: CUDA error: out of luck: the proc")
    assert "compute capability 5.2" in devices.describe_cards()[0] and "luck" in devices.describe_cards()[1]


def test_auto_is_the_processor_where_torch_finds_no_apple_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert devices.device_kind("auto") == "mps"
    assert devices.resolve_device("auto") == "cpu"
    assert devices.notes_on_device("auto")[0].startswith("torch finds no Apple GPU here: the processor")
    with pytest.raises(SetupError, match="--device mps: torch finds no Apple GPU"):
        devices.resolve_device("mps")


def test_work_that_was_prepared_for_a_card_is_told_when_it_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cards=[CARD], torch_sees=0)
    with pytest.raises(DeviceError, match="--device auto: torch sees 0 CUDA devices"):
        devices.open_device("auto", "cuda")
    assert devices.open_device("auto", "cpu") == "cpu"


def test_a_variable_that_may_hide_cards_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert devices.hidden_cards() == ""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert (
        devices.hidden_cards()
        == "no NVIDIA card is seen, and CUDA_VISIBLE_DEVICES='' may hide it: unset that to see all"
    )
    with pytest.raises(SetupError, match="CUDA_VISIBLE_DEVICES='' decides which it sees"):
        devices.resolve_device("cuda")
    pretend(monkeypatch, cards=[CARD])
    assert devices.hidden_cards() == ""


@pytest.mark.parametrize("name", ["cuda", "cuda:1", "mps"])
def test_what_is_surely_not_there_is_told_without_torch_in_the_same_words(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, cards=[CARD] if name == "cuda:1" else [])
    with pytest.raises(SetupError) as told:
        devices.resolve_device(name)
    monkeypatch.setattr(devices, "need_torch", lambda *_: None)  # it is installed
    monkeypatch.setattr(devices, "has_torch", lambda: True)
    monkeypatch.setitem(sys.modules, "torch", None)  # importing it raises
    with pytest.raises(SetupError) as foreseen:
        devices.check_device(name)
    assert str(foreseen.value) == str(told.value).replace(": No CUDA GPUs are available", "")
    devices.check_device("auto")
    devices.check_device("cpu")


def test_a_card_that_is_there_is_left_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cards=[CARD, CARD], torch_sees=0)
    devices.check_device("cuda:1")
    monkeypatch.setattr(devices, "_torch_build", lambda: {"cuda": None, "hip": (6, 0)})
    devices.check_device("cuda:7")


def test_the_driver_is_asked_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        """The driver's functions, with one card."""

        def cuInit(self, _flags: int) -> int:  # noqa: N802 - the driver's names
            return 0

        def cuDriverGetVersion(self, version: Any) -> int:  # noqa: N802
            version._obj.value = 12040
            return 0

        def cuDeviceGetCount(self, count: Any) -> int:  # noqa: N802
            count._obj.value = 1
            return 0

        def cuDeviceGet(self, handle: Any, number: int) -> int:  # noqa: N802
            handle._obj.value = number
            return 0

        def cuDeviceGetName(self, name: Any, _size: int, _handle: Any) -> int:  # noqa: N802
            name.value = b"GeForce"
            return 0

        def cuDeviceTotalMem_v2(self, memory: Any, _handle: Any) -> int:  # noqa: N802
            memory._obj.value = 8 << 30
            return 0

        def cuDeviceGetAttribute(self, value: Any, attribute: int, _handle: Any) -> int:  # noqa: N802
            value._obj.value = {75: 8, 76: 6}[attribute]
            return 0

    monkeypatch.setattr(ctypes, "CDLL", lambda _name: Library())
    assert find_driver() == Driver((12, 4), (CARD,))
    monkeypatch.setattr(Library, "cuInit", lambda _self, _flags: 100)
    assert find_driver() is None


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
