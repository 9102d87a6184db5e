"""``mangacolor doctor``: what it says of a card on which torch does not compute."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from mangacolor.cli import cli
from mangacolor.core import devices
from mangacolor.core.cuda_driver import Card, Driver


@pytest.fixture
def unseen_card(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The driver shows a card, and torch sees none."""
    driver = Driver((13, 0), (Card("GeForce", 8 << 30, (8, 6)),))
    monkeypatch.setattr(devices, "_driver", lambda: driver)
    monkeypatch.setattr(devices, "_torch_build", lambda: {"cuda": (13, 0), "hip": None})
    monkeypatch.setattr(devices, "_problem_with_torch", lambda _number: "torch sees 0 CUDA devices")
    devices._refused.clear()
    devices.device_kind.cache_clear()
    yield
    devices._refused.clear()
    devices.device_kind.cache_clear()


def examine(*words: str) -> tuple[int, dict[str, object]]:
    result = CliRunner().invoke(cli, ["doctor", "--json", *words], standalone_mode=False)
    return result.return_value, json.loads(result.stdout)


@pytest.mark.usefixtures("unseen_card")
def test_doctor_tells_what_a_run_does_where_torch_sees_no_card() -> None:
    status, told = examine()
    assert (status, told["device"], told["problems"]) == (0, "cpu", [])
    assert told["cards"] == ["cuda:0 GeForce, 8.0 GiB, driver for CUDA 13.0: torch sees 0 CUDA devices"]
    assert told["notes"] == [
        "torch sees 0 CUDA devices: the processor computes; --device cpu says so and silences this"
    ]
    status, told = examine("--device", "cuda")
    assert (status, told["device"]) == (3, None)
    assert told["problems"][0].startswith("--device cuda: torch sees 0 CUDA devices")  # type: ignore[index]
