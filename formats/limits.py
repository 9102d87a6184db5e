"""What an input may be at most, so that a hostile file can fill neither memory nor disk."""

from __future__ import annotations

from dataclasses import dataclass

from mangacolor.core.settings import Options, RunOptions

# What a run is told where nobody says otherwise.
_OPTIONS, _RUN_OPTIONS = Options(), RunOptions()


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one archive or PDF. ``page_pixels`` is for rendering a PDF page; see ``Options.max_pixels``."""

    entries: int = _RUN_OPTIONS.max_entries
    entry_bytes: int = _RUN_OPTIONS.max_entry_size * 2**20  # of one unpacked file
    total_bytes: int = _RUN_OPTIONS.max_unpacked * 2**20  # of all unpacked files together
    ratio: int = _RUN_OPTIONS.max_ratio  # unpacked to packed; judged for files above ``ratio_from`` bytes
    ratio_from: int = 16 * 2**20
    page_pixels: int = _OPTIONS.max_pixels


DEFAULT_LIMITS = Limits()


def limits_of(options: Options, run_options: RunOptions) -> Limits:
    """The limits that a run was given."""
    return Limits(
        entries=run_options.max_entries,
        entry_bytes=run_options.max_entry_size * 2**20,
        total_bytes=run_options.max_unpacked * 2**20,
        ratio=run_options.max_ratio,
        page_pixels=options.max_pixels,
    )
