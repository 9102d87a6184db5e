"""Names for arrays: one type of number a name. Pictures are ``Image`` (``core/types.py``).

Shapes stand in the docstrings of the functions.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

F32: TypeAlias = npt.NDArray[np.float32]
F64: TypeAlias = npt.NDArray[np.float64]
I32: TypeAlias = npt.NDArray[np.int32]
I64: TypeAlias = npt.NDArray[np.int64]
U32: TypeAlias = npt.NDArray[np.uint32]
Mask: TypeAlias = npt.NDArray[np.bool_]
# H×W, what number each pixel belongs to: of connected components, as OpenCV counts them; 0 is none.
LabelMap: TypeAlias = npt.NDArray[np.int32]
# H×W, the segment of each pixel of a window from 1 on; 0 where nothing is drawn.
SegmentMap: TypeAlias = npt.NDArray[np.uint16]
# H×W, the window that colours each pixel of a page from 0 on; -1 for ground.
WindowMap: TypeAlias = npt.NDArray[np.int16]
AnyArray: TypeAlias = npt.NDArray[Any]
