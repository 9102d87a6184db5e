"""Softmax and entropy, by the names that SciPy has for them."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from mangacolor.core.arrays import F32, F64

Floats = TypeVar("Floats", F32, F64)


def softmax(logits: Floats, axis: int) -> Floats:
    """Exponentials that sum to 1 along ``axis``."""
    raised = np.exp(logits - logits.max(axis=axis, keepdims=True))
    shares: Floats = raised / raised.sum(axis=axis, keepdims=True)
    return shares


def expit(odds: F64) -> F64:
    """The logistic function: the probability that has this logarithm of odds."""
    return np.asarray(1 / (1 + np.exp(-odds)))


def entr(probability: Floats) -> Floats:
    """-p·log(p) of each, 0 at 0: what it adds to the entropy, in nats."""
    return -rel_entr(probability, np.ones_like(probability))


def rel_entr(probability: Floats, other: Floats) -> Floats:
    """p·log(p/q) of each, 0 where p is 0: what it adds to the relative entropy, in nats.

    q is above 0 wherever p is.
    """
    ratio = np.divide(probability, other, out=np.ones_like(probability), where=probability > 0)
    terms: Floats = probability * np.log(ratio)
    return terms
