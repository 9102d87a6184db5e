"""The names of stages, for those who load no stage."""

from __future__ import annotations

import subprocess
import sys

from mangacolor.stages import names
from mangacolor.stages.registry import guest_graph


def test_they_are_the_names_of_built_in_stages() -> None:
    known = {value for name, value in vars(names).items() if name.isupper()}
    assert len(known) > 5
    assert known <= set(guest_graph().names)


def test_what_was_coloured_is_opened_without_loading_what_colours() -> None:
    code = "import sys, mangacolor.pipeline.editing.chapter; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    stages = {name for name in loaded.split() if name.startswith("mangacolor.stages.")}
    assert "mangacolor.stages.windows.artifact" in stages
    assert not [name for name in stages if name.endswith(".stage")]
