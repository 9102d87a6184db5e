"""Files that are no use for training: which, and why. They are left out, and said to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from mangacolor.core.errors import InputError
from mangacolor.core.wording import counted, first_few, printable

MIN_PANEL: Final = 64  # pixels of a panel's short side: less shows a network nothing
_BARE: Final = f"without a panel of {MIN_PANEL} pixels"
_NAMED: Final = 3  # pictures that a line names, but for those that cannot be read: these are to be mended


@dataclass(slots=True)
class LeftOut:
    """Fills while pictures are read. ``broken``: why a file cannot be read, with its name. By their names
    ``grey``: those without any colour, of which nothing could be learnt but grey; and ``bare``: pages without
    a panel that is large enough."""

    broken: list[str] = field(default_factory=list)
    grey: list[str] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.broken) + len(self.grey) + len(self.bare)

    def lines(self) -> list[str]:
        """What to say of them: a line for each that is broken, and one for each of the other kinds."""
        gathered = [
            f"{counted(len(names), 'picture')} {what}: {first_few(names, _NAMED)}"
            for what, names in (("without colour", self.grey), (_BARE, self.bare))
            if names
        ]
        return [f"left out: {printable(line)}" for line in (*self.broken, *gathered)]

    def check(self, read: int) -> None:
        """Raise ``InputError`` where no picture was ``read``: all are left out, or none were given."""
        if read:
            return
        if not len(self):
            raise InputError(
                "no picture for training: the data hold none", "Name a folder of colour pictures, or a pack."
            )
        kinds = (
            (self.broken, "that cannot be read", "Mend or remove those that cannot be read."),
            (
                self.grey,
                "without colour",
                "Give pictures in colour: what is black and white is made from them.",
            ),
            (self.bare, _BARE, "Give larger pages, or call their folders' layout pictures."),
        )
        said = ", ".join(f"{len(names):,} {what}" for names, what, _ in kinds if names)
        remedies = " ".join(remedy for names, _, remedy in kinds if names)
        raise InputError(f"no picture for training among {counted(len(self), 'picture')}: {said}", remedies)
