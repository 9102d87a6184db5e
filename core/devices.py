"""Which device a run computes on. Here alone the engine imports torch, and only when work begins."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from mangacolor.core.cpu import usable_cores
from mangacolor.core.cuda_driver import Driver, find_driver
from mangacolor.core.errors import DeviceError, SetupError, UsageError
from mangacolor.core.installed import TORCH, has_torch, install_command, need_torch
from mangacolor.core.wording import byte_size, counted

# The oldest compute capability that torch's packages for a CUDA version (and its later ones) compute on.
_OLDEST_CARDS: Final = {0: (3, 5), 12: (5, 0), 13: (7, 5)}
# By device, as cuda:0, why torch could not compute on it in this process, though nothing spoke against it.
_refused: Final[dict[str, str]] = {}
_DRIVER_REMEDY: Final = "install a newer driver, or a torch built for CUDA {} from pytorch.org"


def check_device_name(name: str) -> None:
    """Raise ``UsageError`` unless ``name`` is auto, cpu, cuda, cuda:N or mps."""
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", name):
        raise UsageError(f"--device {name}: no such device", "Use auto, cpu, cuda, cuda:N or mps.")


def check_device(name: str) -> None:
    """Raise what ``resolve_device`` raises of a device that is surely not there, without importing torch.

    Whether torch can use one that is there, and the cards of AMD, are seen by ``resolve_device``.
    """
    check_device_name(name)
    kind = device_kind(name)
    if kind == "cpu":
        return
    need_torch(f"--device {name}", "use --device cpu")
    if kind == "mps":
        if platform.system() != "Darwin":
            raise _no_apple_gpu(name)
        return
    if name == "auto" or _torch_build()["hip"] is not None:
        return
    number, driver = _number(name), _driver()
    cards = len(driver.cards) if driver is not None else 0
    problem = _foreseen_problem(number)
    if not problem and number >= cards:
        problem = _too_few(cards, "")
    if problem:
        raise _unusable(name, problem)


def resolve_device(name: str) -> str:
    """``cpu``, ``cuda:N`` or ``mps`` for a ``--device``.

    ``auto`` is the first card on which torch computes, or the processor: ``auto_problem`` says why. Raises
    ``SetupError`` for another that is not there or cannot be used.
    """
    check_device_name(name)
    kind = device_kind(name)
    if kind == "cpu":
        return kind
    need_torch(f"--device {name}", "use --device cpu")
    if name == "auto":
        return _first_that_computes()
    if kind == "mps":
        if _apple_problem():
            raise _no_apple_gpu(name)
        return kind
    problem = _problem_with_torch(_number(name))
    if problem:
        raise _unusable(name, problem)
    return f"cuda:{_number(name)}"


def open_device(name: str, kind: str) -> str:
    """As ``resolve_device``, for work that was prepared for a ``kind`` of device.

    Raises ``DeviceError`` where ``auto`` has come down to another kind meanwhile: networks and cache keys are
    others then.
    """
    device = resolve_device(name)
    if device_kind(device) != kind:
        raise DeviceError(f"--device {name}: {auto_problem()}", "Run again, or use --device cpu.")
    return device


class DeviceChoice:
    """What a ``--device`` comes down to while cards fail at work. ``kind``: as of ``device_kind``."""

    def __init__(self, name: str) -> None:
        self.name, self.kind = name, device_kind(name)
        self._failed: set[str] = set()

    def pass_over(self, error: DeviceError) -> None:
        """Go on without the card that has failed: in this process ``auto`` takes it no more.

        Raises ``error`` where there is nothing else to go on with.
        """
        if self.name != "auto" or self.kind == "cpu":
            raise error
        is_news = bool(error.device) and error.device not in self._failed
        self._failed.add(error.device)
        _refuse([error.device] if is_news else _all_devices(), error.message)
        self.kind = device_kind(self.name)


def _all_devices() -> list[str]:
    return ["mps", *(f"cuda:{number}" for number in _usable_cards())]


def _refuse(refused: Sequence[str], problem: str) -> None:
    """From here on ``auto`` is none of these in this process. ``problem``: why, in a few words."""
    for device in refused:
        _refused.setdefault(device, problem)
    device_kind.cache_clear()


def refused_devices() -> dict[str, str]:
    """Which devices ``auto`` is not in this process, though nothing spoke against them, and why."""
    return dict(_refused)


def refuse_devices(refused: Mapping[str, str]) -> None:
    """Take over what another process of the run has found out: see ``refused_devices``."""
    for device, problem in refused.items():
        _refuse([device], problem)


def auto_problem() -> str:
    """Why ``auto`` is the processor where a card is here; empty where there is none, or where it computes."""
    if device_kind("auto") != "cpu":
        return ""
    return next(iter(_refused.values()), "") or card_problem()  # what has been tried says more


def notes_on_device(name: str) -> list[str]:
    """Why ``auto`` is not the card that is here, or not the first, where its owner would expect it."""
    if name != "auto":
        return []
    if device_kind(name) == "cuda" and _refused:
        problem, device = next(iter(_refused.values())), f"cuda:{_usable_cards()[0]}"
        return [f"{problem}: {device} computes; --device {device} says so and silences this"]
    problem = auto_problem()
    return [f"{problem}: the processor computes; --device cpu says so and silences this"] if problem else []


def hidden_cards() -> str:
    """What to say where no card is seen, and a variable of the environment may hide them; else empty."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    if hidden is None or ((driver := _driver()) is not None and driver.cards):
        return ""
    return f"no NVIDIA card is seen, and CUDA_VISIBLE_DEVICES={hidden!r} may hide it: unset that to see all"


def _first_that_computes() -> str:
    """The first card on which torch does, which it is tried on; the processor if there is none."""
    while (kind := device_kind("auto")) != "cpu":
        number = _usable_cards()[0] if kind == "cuda" else 0
        device, problem = (
            (f"cuda:{number}", _problem_with_torch(number)) if kind == "cuda" else (kind, _apple_problem())
        )
        if not problem:
            return device
        _refuse([device], problem)
    return "cpu"


def _apple_problem() -> str:
    import torch

    return "" if torch.backends.mps.is_available() else "torch finds no Apple GPU here"


def _problem_with_torch(number: int) -> str:
    """Why torch does not compute on a card; empty if it has just done so."""
    import torch

    if problem := _foreseen_problem(number):
        return problem
    with warnings.catch_warnings():  # what it says there is said below
        warnings.simplefilter("ignore")
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if number >= count:
        return _too_few(count, _failure_of(torch.cuda.init))
    if problem := _missing_kernels(number):
        return problem
    failed = _failure_of(lambda: _compute_on(f"cuda:{number}"))
    return f"torch cannot compute on cuda:{number}: {failed}" if failed else ""


def _compute_on(device: str) -> None:
    """A sum, which shows that there is a context, memory and code for the card. Raises what torch raises."""
    import torch

    torch.ones(2, device=device).sum().item()


def _too_few(count: int, reason: str) -> str:
    """What to say where torch sees ``count`` cards, and that is too few."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    reasons = [reason] if reason else []
    if hidden is not None:
        reasons.append(f"CUDA_VISIBLE_DEVICES={hidden!r} decides which it sees")
    return ": ".join((f"torch sees {counted(count, 'CUDA device')}", *reasons))


def _failure_of(work: Callable[[], object]) -> str:
    """The first line of what goes wrong there; empty if nothing does."""
    try:
        work()
    except (RuntimeError, AssertionError) as error:  # the latter of a torch that was built for no card
        return (str(error).strip().splitlines() or [type(error).__name__])[0]
    return ""


def _number(name: str) -> int:
    """Of the card that ``cuda`` or ``cuda:N`` names."""
    return int(name.partition(":")[2] or 0)


def _no_apple_gpu(name: str) -> SetupError:
    return SetupError(f"--device {name}: torch finds no Apple GPU here", "Use --device cpu.")


def _unusable(name: str, problem: str) -> SetupError:
    return SetupError(f"--device {name}: {problem}", "Use --device cpu, or see `mangacolor doctor`.")


@cache
def device_kind(name: str) -> str:
    """``cpu``, ``cuda`` or ``mps``: what a ``--device`` comes down to, found without importing torch.

    It is what cache keys hold: cards of one kind give the same pages to within a level, but other
    networks are chosen for a card than for a processor.
    """
    if name != "auto":
        return name.partition(":")[0]
    if _usable_cards():
        return "cuda"  # torch calls AMD's cards so, too
    apple = (platform.system(), platform.machine()) == ("Darwin", "arm64")
    return "mps" if apple and has_torch() and "mps" not in _refused else "cpu"


def card_problem(number: int = 0) -> str:
    """Why torch cannot compute on an NVIDIA card that is here; empty if it can, or if there is none.

    Found without importing torch, unless it has been tried already.
    """
    return _refused.get(f"cuda:{number}") or _foreseen_problem(number)


def _foreseen_problem(number: int) -> str:
    """The same from what torch was built for and what the driver says, however a trial went."""
    driver, needed = _driver(), _torch_build()["cuda"]
    if driver is None or number >= len(driver.cards):
        return ""
    card = driver.cards[number]
    if not has_torch():
        return (
            f"{card.name} is here, but torch is not installed, which computes on it: {install_command(TORCH)}"
        )
    if needed is None:
        return (
            f"{card.name} is here, but the torch installed computes on no NVIDIA card: "
            "pytorch.org has the pip line for one that does"
        )
    if driver.cuda[0] < needed[0]:
        told = f"the NVIDIA driver runs CUDA {_dotted(driver.cuda)}, and this torch needs {_dotted(needed)}"
        return f"{told}: {_DRIVER_REMEDY.format(driver.cuda[0])}"
    oldest = max(least for cuda, least in _OLDEST_CARDS.items() if cuda <= needed[0])
    if card.capability < oldest:
        return (
            f"{card.name} has compute capability {_dotted(card.capability)}, and torch for CUDA "
            f"{_dotted(needed)} needs {_dotted(oldest)}"
        )
    return ""


def describe_cards() -> list[str]:
    """A line for each NVIDIA card: its name, memory, driver, and what it is good for."""
    driver = _driver()
    if driver is None:
        return []
    return [
        f"cuda:{number} {card.name}, {byte_size(card.memory)}, driver for CUDA {_dotted(driver.cuda)}: "
        + (card_problem(number) or "runs the networks for colour and super-resolution")
        for number, card in enumerate(driver.cards)
    ]


def card_memory(name: str) -> int:
    """Bytes on the NVIDIA card that a ``--device`` names, for ``auto`` the first that torch can compute on.

    0 where it is not known. Imports no torch.
    """
    driver, usable = _driver(), _usable_cards() if name == "auto" else [_number(name)]
    if driver is None or not usable or usable[0] >= len(driver.cards):
        return 0
    return driver.cards[usable[0]].memory


def _missing_kernels(number: int) -> str:
    """Why an installed torch has no code for a card, as builds for old CUDA versions differ; or nothing."""
    import torch

    names = torch.cuda.get_arch_list()  # of AMD's cards as gfx1100, which says nothing of their age
    compiled = [int(name[3:]) for name in names if name.startswith("sm_") and name[3:].isdigit()]
    major, minor = torch.cuda.get_device_capability(number)
    if not compiled or 10 * major + minor >= min(compiled):
        return ""
    return f"{torch.cuda.get_device_name(number)} is older than the cards that this torch computes on"


def _usable_cards() -> list[int]:
    """The numbers of the cards that torch can compute on."""
    build = _torch_build()
    if build["hip"] is not None:
        return [0] if Path("/dev/kfd").exists() and "cuda:0" not in _refused else []
    driver = _driver()
    if driver is None or build["cuda"] is None:
        return []
    return [number for number in range(len(driver.cards)) if not card_problem(number)]


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


@cache
def _driver() -> Driver | None:
    return find_driver()


@cache
def _torch_build() -> dict[str, tuple[int, int] | None]:
    """For which CUDA or HIP the installed torch was built, from the file in which it says so."""
    spec = importlib.util.find_spec("torch")
    try:
        text = Path(spec.origin).with_name("version.py").read_text("utf-8") if spec and spec.origin else ""
    except OSError:
        text = ""
    versions = {kind: re.search(rf"(?m)^{kind}\b.*= *'(\d+)\.(\d+)", text) for kind in ("cuda", "hip")}
    return {kind: (int(match[1]), int(match[2])) if match else None for kind, match in versions.items()}


def set_torch_threads() -> None:
    """Fix torch's threads for the calling thread.

    Called in the thread that computes, since OpenMP counts per thread. The number is the machine's,
    never ``--jobs``: sums in another order would change the last bit.
    """
    import torch

    torch.set_num_threads(usable_cores())
