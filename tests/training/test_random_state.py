"""A run draws on where it was: from the CPU's generator, and from that of its card."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mangacolor.training.runs import random_state, set_random_state

CPU, CARD = torch.device("cpu"), torch.device("cuda:1")


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> torch.Generator:
    """Stands for the generator of a card."""
    generator = torch.Generator().manual_seed(7)

    def set_state(state: Tensor, device: torch.device) -> None:
        assert device == CARD
        generator.set_state(state)

    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: generator.get_state())
    monkeypatch.setattr(torch.cuda, "set_rng_state", set_state)
    return generator


def draw(card: torch.Generator) -> tuple[float, float]:
    return float(torch.rand(1)), float(torch.rand(1, generator=card))


def test_a_run_on_a_card_draws_on_where_both_were(card: torch.Generator) -> None:
    states = random_state(CARD)
    first, second = draw(card), draw(card)
    set_random_state(states, CARD)
    assert (draw(card), draw(card)) == (first, second)


def test_what_was_kept_of_another_device_or_by_an_earlier_version_is_the_processors(
    card: torch.Generator,
) -> None:
    for keep in (lambda: random_state(CPU), torch.get_rng_state):
        states = keep()
        of_cpu, of_card = draw(card)
        set_random_state(states, CARD)
        again, other = draw(card)
        assert again == of_cpu and other != of_card
    set_random_state(random_state(CARD), CPU)
