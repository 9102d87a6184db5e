"""Values of options that come from Python."""

from __future__ import annotations

from enum import IntEnum, StrEnum

import numpy as np
import pytest

from mangacolor.core.option_fields import checked_value, option_fields
from mangacolor.core.settings import Options, RunOptions


class Scale(StrEnum):
    AUTO = "auto"


class Eink(StrEnum):
    EINK = "eink"


class Tiles(IntEnum):
    MANY = 8


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("scale", Scale.AUTO, "auto"),
        ("saturation", Eink.EINK, "eink"),
        ("batch", Tiles.MANY, 8),
        ("jobs", np.int64(3), 3),
        ("saturation", np.float32(0.5), 0.5),
    ],
)
def test_values_are_of_no_class_of_somebody_elses(name: str, value: object, kept: object) -> None:
    """Other processes, which know no script, are told them."""
    fields = {**option_fields(Options), **option_fields(RunOptions)}
    found = checked_value(fields[name], value)
    assert found == kept
    assert type(found) is type(kept)
