"""When a card's memory does not suffice: smaller batches, then smaller tiles, remembered for the run.

What is tried again must give the same picture to within a level, so each stage says itself how an item can
be cut: a tile for super-resolution can be halved, since it carries all the context that its network sees.
A tile for the colour network cannot (what it sees decides the colour); the processor does that one.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from mangacolor.core.errors import DeviceError, PageError

Item = TypeVar("Item")
Result = TypeVar("Result")
T = TypeVar("T")
_SIGNS = ("out of memory", "ALLOC_FAILED")  # of MPS and of CUDA's libraries, which have no class of their own
# Of a card that fails at work: of CUDA, of its libraries and of MPS; once one has, it computes no more.
_FAILURES = ("CUDA error", "HIP error", "CUDNN_STATUS", "CUBLAS_STATUS", "cuDNN error", "MPS backend")
REMEDY = "End other programs that use the card, or use --device cpu."
FAILED_REMEDY = "Run the same command again, which goes on where this stopped, or use --device cpu."


@dataclass(slots=True)
class Room:
    """What has been found to fit, for a stage and a lane: kept as a resource, so that it outlives the page.

    ``batch``: items a call; ``tile``: longest side of an item, where a stage cuts them. 0 is no limit yet.
    """

    batch: int = 0
    tile: int = 0

    def batch_of(self, wanted: int) -> int:
        return min(wanted, self.batch or wanted)

    def tile_of(self, wanted: int) -> int:
        return min(wanted, self.tile or wanted)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device, not this machine, has run out of memory."""
    torch = sys.modules.get("torch")  # an error of torch's cannot come from anywhere else
    if torch is None:
        return False
    return isinstance(error, torch.cuda.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)
    )


def is_device_failure(error: BaseException) -> bool:
    """Whether a device has failed in another way than for want of memory."""
    failed = isinstance(error, RuntimeError) and any(sign in str(error) for sign in _FAILURES)
    return failed and not is_out_of_memory(error)


def run_in_batches(
    items: Sequence[Item],
    batch: int,
    room: Room,
    call: Callable[[Sequence[Item]], Iterable[Result]],
    *,
    divide: Callable[[Item], Sequence[Item]] | None = None,
    rescue: Callable[[Item], Result] | None = None,
) -> Iterator[tuple[Item, Result]]:
    """Each item with its result from ``call``, which takes at most ``batch`` items, in order.

    Where ``call`` runs out of the device's memory, the batch is halved. A single item that does not fit
    is replaced by what ``divide`` makes of it; where that is nothing, ``rescue`` gives its result.
    Raises ``PageError`` where it cannot, either, and ``DeviceError`` where the device fails.
    """
    waiting = deque(items)
    while waiting:
        group = [waiting[index] for index in range(min(room.batch_of(batch), len(waiting)))]
        results = _try_call(call, group)
        if results is not None:
            yield from zip(group, results, strict=True)
            for _ in group:
                waiting.popleft()
        elif len(group) > 1:
            room.batch = len(group) // 2
        else:
            room.batch = 1
            item = waiting.popleft()
            parts = divide(item) if divide else ()
            waiting.extendleft(reversed(parts))
            if not parts and rescue is None:
                raise PageError("the device has no memory for even the smallest tile", REMEDY)
            if not parts and rescue is not None:
                yield item, rescue(item)


def load_model(load: Callable[[], T], device: str) -> T:
    """``load()``. Raises ``DeviceError`` where the device has no memory for a network at all, or fails."""
    try:
        return load()
    except Exception as error:
        if is_device_failure(error):
            raise device_failure(error, device) from error
        if not is_out_of_memory(error):
            raise
    raise DeviceError(f"{device} has no memory for the network", REMEDY)


def device_failure(error: BaseException, device: str = "the graphics card") -> DeviceError:
    """What to say of an error that ``is_device_failure``."""
    return DeviceError(f"{device} failed: {str(error).splitlines()[0]}", FAILED_REMEDY)


def _try_call(call: Callable[[Sequence[Item]], T], group: Sequence[Item]) -> T | None:
    try:
        return call(group)
    except Exception as error:
        if is_device_failure(error):
            raise device_failure(error) from error
        if not is_out_of_memory(error):
            raise
    # Only here have the error and its traceback gone, which held what the call had allocated.
    _free_cached_memory()
    return None


def _free_cached_memory() -> None:
    """Give back what torch keeps of the device's memory for later."""
    torch: Any = sys.modules["torch"]
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
