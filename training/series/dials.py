"""The numbers of learning a series, chosen on works apart (docs/research/2026-learn.md)."""

from __future__ import annotations

from dataclasses import dataclass, field

from mangacolor.training.data.synthesis import Synthesis


@dataclass(frozen=True, slots=True)
class Dials:
    """How much is learnt, from what, and how far it may lead from the base."""

    # Of the product that is added to each convolution of the way up and of the palette head.
    rank: int = 8
    # Steps in each of the minutes that may be taken: half of what two cores with bfloat16 do in that time, so
    # that slower ones get through them, too, and there is time to read pages and to look at their surfaces.
    steps_a_minute: int = 40
    # Crops of each half of a step, and how many of them are rehearsed: of other works than this one.
    own: int = 2
    rehearsed: int = 2
    # Pixels of a crop's side, and the range of its scales (``training/data/pictures.py``).
    size: int = 192
    zoom: tuple[float, float] = (0.5, 1.3)
    # How far crops are bent (``training/data/warp.py``): a few pages are to look like many.
    warp: float = 0.4
    learning_rate: float = 1e-3
    # Share of the steps after which the rate falls linearly to zero; steps in which it rises at first.
    decay_from: float = 0.5
    warm_up: int = 20
    # Weights of the loss: votes against the true colours, the chroma that they are read out as, luma, and
    # agreement with the base on rehearsed crops (distillation, after Li & Hoiem, "Learning without
    # Forgetting", 2016).
    votes: float = 1.0
    chroma: float = 3.0
    luma: float = 0.5
    agreement: float = 4.0
    # Of a step's gradients together.
    largest_gradient: float = 1.0
    # Looks in a run, evenly spread over its steps, and the strengths of what was learnt that are tried.
    looks: int = 5
    strengths: tuple[float, ...] = (0.5, 1.0)
    # Share of real pairs among the crops of a page that has a black-and-white edition; the others are
    # synthesised from its colours.
    real_pairs: float = 0.7
    synthesis: Synthesis = field(default_factory=Synthesis)


DIALS = Dials()
