"""The command within this process, as a shell runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mangacolor.cli import main


def exit_status(*arguments: str | Path) -> int:
    """What ``mangacolor`` with these arguments ends with."""
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code
