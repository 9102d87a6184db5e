"""What a file of a colour network's weights says of itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mangacolor.cli import main
from mangacolor.models.colour.checkpoints import save_generator
from mangacolor.models.colour.factory import create_generator

LEARNT = {"steps": 1, "crops": 1040, "pictures": {"a": 30, "b": 2}}
Told = Callable[..., tuple[int, str, str]]


@pytest.fixture
def told(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Runs mangacolor in a folder with ``run/weights.safetensors``."""
    monkeypatch.chdir(tmp_path)
    network = create_generator("unet", width=4, levels=4)
    Path("run").mkdir()
    save_generator(Path("run/weights.safetensors"), network, network.config, LEARNT)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([*arguments])
        return int(ended.value.code or 0), *capfd.readouterr()

    return run


@pytest.mark.parametrize("command", [("inspect",), ("models", "list")])
def test_weights_are_described(command: tuple[str, ...], told: Told) -> None:
    status, out, _ = told(*command, "run/weights.safetensors")
    assert status == 0
    network, learnt = out.splitlines()[-2:]
    assert network.startswith("run/weights.safetensors: unet of width 4, ")
    assert learnt == "  learnt from 1 step, 1,040 crops, 32 pictures, 2 sources"
    _, out, _ = told(*command, "run/weights.safetensors", "--json")
    document = json.loads(out)
    facts = document["networks"][0] if command[0] == "models" else document
    assert facts["config"]["width"] == 4
    assert facts["learnt"] == [{"steps": 1, "crops": 1040, "pictures": 32, "sources": 2}]


def test_a_pair_tells_of_both_and_strange_values_of_nothing(told: Told) -> None:
    network = create_generator("unet", width=4, levels=4)
    halves = [{"steps": "200", "pictures": '{"a": 7}'}, {"steps": "x", "crops": "\\u001b", "pictures": "[1]"}]
    save_generator(Path("pair.safetensors"), network, network.config, {"pair": halves})
    _, out, _ = told("inspect", "pair.safetensors")
    assert out.splitlines()[1:] == [
        "  learnt from 200 steps, 7 pictures, 1 source",
        "  learnt from what it does not say",
    ]


def test_names_in_a_file_do_not_command_the_terminal(told: Told) -> None:
    network = create_generator("unet", width=4, levels=4)
    config = replace(network.config, name="\x1b[2Junet", partner_width=1, partner_encoder="\x1b]0;x\x07")
    save_generator(Path("strange.safetensors"), network, config, LEARNT)
    _, out, _ = told("inspect", "strange.safetensors")
    assert "[2Junet of width 4" in out and out.replace("\n", "").isprintable()


def test_a_checkpoint_names_the_weights_beside_it(told: Told) -> None:
    torch.save({"average": {"up.weight": torch.zeros(1)}}, "run/checkpoint.pt")
    status, _, error = told("models", "import", "run/checkpoint.pt", "--out", "x.safetensors")
    assert status == 3 and "Name run/weights.safetensors that mangacolor train has written" in error
    status, _, error = told("models", "list", "run/checkpoint.pt")
    assert status == 3 and "mangacolor models import" in error
