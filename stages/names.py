"""What the built-in stages are called, for those who ask what one has left: importing this loads no stage."""

from __future__ import annotations

from typing import Final

PANELS: Final = "panels"
KINDS: Final = "kinds"
BALLOONS: Final = "balloons"
COLORIZE: Final = "colorize"
GUEST: Final = "guest"
HARMONIZE: Final = "harmonize"
TRACE: Final = "trace"
