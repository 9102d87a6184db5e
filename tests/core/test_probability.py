"""Softmax and entropy, with SciPy as the judge, which colouring does without."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special

from mangacolor.core.probability import entr, rel_entr, softmax


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_they_are_those_of_scipy(dtype: Any) -> None:
    rng = np.random.default_rng(0)
    logits = (rng.normal(size=(30, 8)) * 3).astype(dtype)
    shares = softmax(logits, axis=1)
    assert shares.dtype == dtype and np.array_equal(shares, special.softmax(logits, axis=1))
    shares[:, 3] = 0
    other = softmax(logits[::-1], axis=1)
    few = 8 * np.finfo(dtype).eps
    np.testing.assert_allclose(entr(shares), special.entr(shares), rtol=few)
    np.testing.assert_allclose(rel_entr(shares, other), special.rel_entr(shares, other), rtol=few, atol=few)
    assert (entr(shares)[:, 3] == 0).all() and (rel_entr(shares, other)[:, 3] == 0).all()
