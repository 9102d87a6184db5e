"""CUDA cards that are not there: code runs as on one, on shapes alone, and fails where real code would.

Under torch's ``FakeTensorMode`` a tensor has a shape, a type and a device, but no numbers, and whatever mixes
two devices is refused. What this adds is the way out of torch and back: a tensor on the processor gives zeros
as an array, and one on a card refuses, as a real one does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode, unset_fake_temporarily
from torch.utils._pytree import tree_map_only

_from_numpy = torch.from_numpy
_WITH_FIRST_WEIGHTS = (nn.modules.conv._ConvNd, nn.modules.batchnorm._NormBase, nn.Linear)


@cache
def _mode() -> FakeTensorMode:
    """Tensors of one mode do not mix with those of another: there is one."""
    return FakeTensorMode(allow_non_fake_inputs=True)


@contextmanager
def pretended_devices() -> Iterator[None]:
    """While it lasts, ``cuda:N`` is there in any torch, and tensors hold no numbers.

    What is made in it can be used when it is entered again. Not so ``mps``: a torch that was not built for it
    refuses it.
    """
    move, saved = Tensor.to, _Saved(torch.load)
    with pytest.MonkeyPatch.context() as patch, _mode():
        patch.setattr(Tensor, "to", lambda tensor, *args, **kwargs: _moved(move, tensor, args, kwargs))
        patch.setattr(Tensor, "pin_memory", lambda tensor: tensor)
        patch.setattr(Tensor, "new_tensor", _new_tensor)
        patch.setattr(nn.Module, "_apply", _apply)
        for layer in _WITH_FIRST_WEIGHTS:  # which are not there, but would be drawn operation by operation
            patch.setattr(layer, "reset_parameters", lambda _layer: None)
        patch.setattr(torch, "from_numpy", lambda array: _without_numbers(_from_numpy(array)))
        patch.setattr(torch.autograd, "backward", _backward)
        patch.setattr(torch.autograd, "grad", lambda _loss, where, **_: (torch.zeros_like(where),))
        patch.setattr(torch, "save", saved.save)
        patch.setattr(torch, "load", saved.load)
        patch.setattr(safetensors.torch, "load_file", _read(safetensors.torch.load_file))
        patch.setattr(FakeTensor, "__deepcopy__", _copied, raising=False)
        for name, method in _TO_NUMBERS.items():
            patch.setattr(FakeTensor, name, method, raising=False)
        yield


def _moved(move: Callable[..., Tensor], tensor: Tensor, args: Any, kwargs: Any) -> Tensor:
    """``Tensor.to``, which asks the build of torch whether it knows the device."""
    if args and isinstance(args[0], Tensor):
        args = (args[0].device, args[0].dtype)
    options = {name: value for name, value in kwargs.items() if name != "copy"}
    device, dtype, _, layout = torch._C._nn._parse_to(*args, **options)
    if device is None or device == tensor.device:
        return move(tensor, *args, **kwargs)
    there = torch.empty_strided(tensor.shape, tensor.stride(), dtype=dtype or tensor.dtype, device=device)
    return there if layout is None else there.contiguous(memory_format=layout)


def _new_tensor(tensor: Tensor, values: Any) -> Tensor:
    """``Tensor.new_tensor``, which pretends to be on the first card whichever ``tensor`` is on."""
    return torch.tensor(values, dtype=tensor.dtype, device=tensor.device)


def _apply(module: nn.Module, change: Callable[[Tensor], Tensor], recurse: bool = True) -> nn.Module:
    """``Module._apply``, by which networks move: torch's own keeps the tensor, whose device is fixed here."""
    for part in module.modules():
        for name, weight in part._parameters.items():
            if weight is not None:
                part._parameters[name] = nn.Parameter(change(weight.detach()), weight.requires_grad)
        for name, buffer in part._buffers.items():
            if buffer is not None:
                part._buffers[name] = change(buffer)
    return module


def _backward(loss: Tensor, *_: Any, **__: Any) -> None:
    """``autograd.backward``, which asks the driver for its streams: every weight that ``loss`` hangs on gets
    a gradient beside it. How torch computes gradients is not ours to check."""
    steps, seen = [loss.grad_fn], set()
    while steps:
        step = steps.pop()
        if step is None or step in seen:
            continue
        seen.add(step)
        steps.extend(before for before, _ in step.next_functions)
        weight = getattr(step, "variable", None)
        if weight is not None:
            weight.grad = torch.zeros_like(weight)


def _copied(tensor: Tensor, memo: dict[int, Any]) -> Tensor:
    """``Tensor.__deepcopy__``, which looks for the place in memory that a pretended one has not."""
    copied: Tensor = tensor.detach().clone()
    if isinstance(tensor, nn.Parameter):
        copied = nn.Parameter(copied, tensor.requires_grad)
    memo[id(tensor)] = copied
    return copied


def _without_numbers(tree: Any) -> Any:
    """The same containers, their tensors pretended ones of the same shapes."""
    return tree_map_only(Tensor, torch.empty_like, tree)


def _read(read: Callable[..., Any]) -> Callable[..., Any]:
    """What reads tensors from a file, and gives pretended ones."""

    def pretended(*args: Any, **kwargs: Any) -> Any:
        with unset_fake_temporarily():
            tree = read(*args, **kwargs)
        return _without_numbers(tree)

    return pretended


class _Saved:
    """``torch.save`` and ``torch.load`` of pretended tensors, which no file can hold."""

    def __init__(self, load: Callable[..., Any]) -> None:
        self.kept: dict[str, Any] = {}
        self.load_file = _read(load)

    def save(self, tree: Any, path: Any) -> None:
        self.kept[str(path)] = tree

    def load(self, path: Any, *args: Any, **kwargs: Any) -> Any:
        return self.kept[str(path)] if str(path) in self.kept else self.load_file(path, *args, **kwargs)


def _numpy(tensor: Tensor) -> npt.NDArray[Any]:
    if tensor.device.type != "cpu":
        raise TypeError(f"a tensor on {tensor.device} has no array: copy it to the processor first")
    return np.zeros(tuple(tensor.shape), np.dtype(str(tensor.dtype).removeprefix("torch.")))


# Ways to numbers that copy from a card by themselves.
_TO_NUMBERS: dict[str, Callable[..., Any]] = {
    "numpy": _numpy,
    "tolist": lambda tensor: np.zeros(tuple(tensor.shape)).tolist(),
    "item": lambda _: 0.0,
    "__float__": lambda _: 0.0,
    "__bool__": lambda _: True,
}
