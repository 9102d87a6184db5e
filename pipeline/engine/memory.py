"""The memory gate: how many bytes pages may take at once, and how many a page takes."""

from __future__ import annotations

import io
import re
from pathlib import Path

from mangacolor.core.errors import PageError, UsageError
from mangacolor.core.settings import Options, Scale

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_CGROUP = Path("/sys/fs/cgroup")
_MODELS = 1300 * 2**20  # torch, the networks, and what two cores work in: measured 1.25 GiB at most
_LEAST = 256 * 2**20
_SHARE = 0.7  # of what is free; the rest is other programs' and the page cache's
# Measured with pages of 2.8 megapixels: 50 bytes a pixel of the page, 20 a pixel of the output.
_PER_PIXEL, _PER_OUTPUT_PIXEL = 56, 24
# Measured with a strip of 48 megapixels at its own size: 25 bytes a pixel above what the process takes.
_LEAST_PER_PIXEL, _LEAST_PER_OUTPUT_PIXEL, _BASE = 10, 15, 700 * 2**20
_LONG_SIDE = 2400


def parse_size(text: str) -> int:
    """``800M``, ``4G``, ``4GB``, ``4GiB`` or plain bytes. Raises ``UsageError``."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    size = int(float(match[1]) * _UNITS[match[2].upper()]) if match else 0
    if size <= 0:
        raise UsageError(f"--memory {text}: not a size", "Write 800M or 4G.")
    return size


def page_budget(memory: int = 0) -> int:
    """Bytes that pages in flight may take together. ``memory`` is ``--memory``; 0 asks the machine."""
    allowed = memory or int((_free() or 4 * 2**30) * _SHARE)
    return max(_LEAST, allowed - _MODELS)


def page_cost(source: bytes, scale: Scale) -> int:
    """Bytes that a page takes at its peak, from the size in its header. Small for what is no image."""
    width, height = _size(source)
    return len(source) + _bytes_of(width, height, scale, _PER_PIXEL, _PER_OUTPUT_PIXEL)


def check_page_fits(source: bytes, options: Options, memory: int = 0) -> None:
    """Refuse a page that takes more than ``memory`` (``--memory``) even alone. Raises ``PageError``.

    Judged by what large pages were seen to take at least, and a quarter above the limit is let pass:
    only what would surely break it is refused.
    """
    width, height = _size(source)
    if width * height > options.max_pixels:
        return  # refused for that, when it is decoded
    allowed = memory or _free() or 4 * 2**30
    least = len(source) + _bytes_of(width, height, options.scale, _LEAST_PER_PIXEL, _LEAST_PER_OUTPUT_PIXEL)
    if least > max(_LEAST, int(1.25 * allowed) - _BASE):
        raise PageError(
            f"a page of {width}×{height} pixels takes about {(least + _BASE) / 2**30:.1f} GiB of memory, and "
            f"there are {allowed / 2**30:.1f} GiB ({'--memory' if memory else 'free'})",
            "Raise --memory, use a smaller --scale, or cut the page into parts.",
        )


def weigh(source: bytes, options: Options, memory: int = 0) -> int:
    """The bytes that a page takes. Raises ``PageError`` for one that does not fit even alone."""
    check_page_fits(source, options, memory)
    return page_cost(source, options.scale)


def _size(source: bytes) -> tuple[int, int]:
    from mangacolor.formats.pixels import picture_size

    try:
        return picture_size(io.BytesIO(source))
    except Exception:  # whatever is wrong with it, decode is the stage that says so
        return 0, 0


def _bytes_of(width: int, height: int, scale: Scale, per_pixel: int, per_output_pixel: int) -> int:
    factor = int(scale) if scale != "auto" else _auto_factor(max(width, height))
    return width * height * (per_pixel + per_output_pixel * factor**2)


def _auto_factor(side: int) -> int:
    return next((factor for factor in (1, 2) if side * factor >= _LONG_SIDE), 4)


def _free() -> int | None:
    """Bytes that this process can still get: the machine's, and within the cgroup's limit."""
    limits = [size for size in (_available(), _cgroup_room()) if size is not None]
    return min(limits, default=None)


def _available() -> int | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:  # not Linux
        return None
    match = re.search(r"MemAvailable:\s+(\d+) kB", text)
    return int(match[1]) * 1024 if match else None


def _cgroup_room() -> int | None:
    """What the control group has left; its page cache counts as free, since the kernel gives it up."""
    try:
        limit = (_CGROUP / "memory.max").read_text(encoding="ascii").strip()
        used = int((_CGROUP / "memory.current").read_text(encoding="ascii"))
        stat = (_CGROUP / "memory.stat").read_text(encoding="ascii")
    except (OSError, ValueError):
        return None
    cache = re.search(r"^inactive_file (\d+)$", stat, re.MULTILINE)
    return None if limit == "max" else int(limit) - used + int(cache[1] if cache else 0)
