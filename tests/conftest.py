"""One thread for every test: the networks are tiny, and threads of several processes fight."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is first imported
