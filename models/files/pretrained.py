"""A pretrained network's tensors, however they were given: name, file or state dict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from mangacolor.core.hashing import sha256_of
from mangacolor.models.files.download import pretrained_file
from mangacolor.models.files.reading import read_tensors

# A name of the weights table, a file, a state dict; None: what the place that asks has by default.
WeightsSource = str | Path | Mapping[str, Tensor] | None


@dataclass(frozen=True, slots=True)
class Pretrained:
    """Tensors on the CPU, what to call them in a message, and the file they are from, if any."""

    state: Mapping[str, Tensor]
    source: str
    file: Path | None = None

    def origin(self, layout: str) -> dict[str, str] | None:
        """What a checkpoint notes of the file and its layout, to find it again; None without a file."""
        if self.file is None:
            return None
        return {"file": self.file.name, "sha256": sha256_of(self.file), "layout": layout}


def read_pretrained(weights: WeightsSource, default: str) -> Pretrained:
    """Read ``weights``; None stands for the entry ``default`` of the weights table.

    Raises ``SetupError`` if a file cannot be had or holds no weights.
    """
    if isinstance(weights, Mapping):
        return Pretrained(weights, f"the state dict given for {default}")
    path = pretrained_file(weights, default)
    return Pretrained(read_tensors(path)[0], str(path), path)
