"""What a series remembers, for tests of stages that have a memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mangacolor.core.arrays import AnyArray


class Remembering:
    """A ``Memory`` that is not kept."""

    def __init__(self) -> None:
        self.arrays: Mapping[str, AnyArray] = {}

    def recall(self) -> Mapping[str, AnyArray]:
        return self.arrays

    def remember(self, change: Callable[[Mapping[str, AnyArray]], Mapping[str, AnyArray]]) -> None:
        self.arrays = change(self.arrays)
