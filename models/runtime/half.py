"""Half precision on a graphics card: what does not fit into it is noticed, and computed again in single.

A number above 65,504 is infinite in half precision, and what is computed with it soon no number at all. That
is seen on the processor, where the result is brought anyway, so that the card never waits to be asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

from mangacolor.core.errors import PageError

if TYPE_CHECKING:
    from torch import Tensor

_NOTE: Final = (
    "half precision cannot hold what this network computes of some tiles: they were computed again in single "
    "precision, which takes longer"
)


def mark_infinite(x: Tensor) -> Tensor:
    """``x`` with no number where it is infinite in half precision; in any other as it is.

    For results that are about to be bounded, as by a clamp, which would make a number of them again.
    """
    return x + (x - x) if x.element_size() == 2 else x


@dataclass(slots=True)
class Overflow:
    """Tiles of a loaded network that half precision did not hold, by any thread."""

    tiles: int = 0
    _told: bool = False
    _changing: Lock = field(default_factory=Lock, repr=False)

    def add(self, tiles: int) -> None:
        with self._changing:
            self.tiles += tiles

    def take_note(self) -> str:
        """What to say of them, the first time that there are any; else empty."""
        with self._changing:
            if self._told or not self.tiles:
                return ""
            self._told = True
            return _NOTE


def no_numbers(what: str, instead: str) -> PageError:
    """The error of a network whose result holds no numbers in single precision, either."""
    return PageError(
        f"{what} gives no numbers, but infinities, for a part of this page",
        f"Its weights are damaged or were trained amiss: {instead}.",
    )
