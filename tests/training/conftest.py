"""What all tests of training share."""

from __future__ import annotations

import pytest

from mangacolor.training.colour import palette_colours


@pytest.fixture(autouse=True)
def few_pixels_for_palettes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A palette clusters forty thousand pixels, which takes longer than all steps of a test's run."""
    monkeypatch.setattr(palette_colours, "SAMPLED_PIXELS", 10_000)
    monkeypatch.setattr(palette_colours, "CLUSTERED_PIXELS", 2_000)
