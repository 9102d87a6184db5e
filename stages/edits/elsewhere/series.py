"""Edits of a series' earlier chapters: what was decided in one is remembered for the next."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mangacolor.core.arrays import AnyArray
from mangacolor.stages.base import Memory
from mangacolor.stages.edits.model import Edit, Reach
from mangacolor.stages.edits.operation_documents import edit_document, read_edit
from mangacolor.stages.edits.params import EditParams

# The array that holds them among those of the memory: JSON.
NAME = "edits"


def recall_edits(memory: Memory | None, digests: Collection[str]) -> list[Edit]:
    """The edits of other chapters than the one with pages of these digests, the earliest first."""
    return [edit for pages, edits in _read(memory) if not pages & set(digests) for edit in edits]


def remembers_edits(memory: Memory | None) -> bool:
    """Whether the series remembers any edit."""
    return memory is not None and NAME in memory.recall()


def remember_edits(memory: Memory, digests: Sequence[str], edits: Sequence[Edit], params: EditParams) -> None:
    """Give the edits of a chapter with pages of these digests to the memory, in place of what it has of it.

    Only what reaches beyond a page is of use elsewhere, and only by what its anchors look like.
    """
    wide = [
        replace(edit, reach=Reach.ALIKE, group=None, members=())
        for edit in edits
        if edit.reach in (Reach.ALIKE, Reach.GROUP) and any(anchor.looks for anchor in edit.anchors)
    ]

    def change(arrays: Mapping[str, AnyArray]) -> Mapping[str, AnyArray]:
        others = [entry for entry in _documents(arrays) if not set(entry["pages"]) & set(digests)]
        own = {"pages": list(digests), "edits": [edit_document(edit) for edit in wide]}
        entries = [*others, own] if wide else others
        while sum(len(entry["edits"]) for entry in entries) > params.remembered_edits and len(entries) > 1:
            entries = entries[1:]
        rest = {name: array for name, array in arrays.items() if name != NAME}
        packed = np.frombuffer(json.dumps(entries).encode(), np.uint8)
        return {**rest, NAME: packed} if entries else rest

    memory.remember(change)


def _read(memory: Memory | None) -> list[tuple[set[str], list[Edit]]]:
    entries = _documents(memory.recall()) if memory is not None else []
    return [
        (set(entry["pages"]), [read_edit(edit, 0, "the series") for edit in entry["edits"]])
        for entry in entries
    ]


def _documents(arrays: Mapping[str, AnyArray]) -> list[dict[str, Any]]:
    return list(json.loads(arrays[NAME].tobytes())) if NAME in arrays else []
