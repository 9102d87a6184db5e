"""What is shown of work that takes a while."""

from __future__ import annotations

import io

from rich.console import Console

from mangacolor.training.display import WorkDisplay


def test_a_log_gets_a_line_now_and_then_with_the_time_left() -> None:
    now = [0.0]
    stream = io.StringIO()
    with WorkDisplay(console=Console(file=stream, width=200), clock=lambda: now[0]) as display:
        for done in range(201):
            now[0] = float(done)
            display("learning", done, 200)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[0] == "learning: 20 of 200, about 3 min left"
    assert lines[-1] == "learning: 200 of 200"


def test_quiet_shows_nothing_and_a_terminal_shows_a_bar() -> None:
    stream = io.StringIO()
    with WorkDisplay(quiet=True, console=Console(file=stream)) as display:
        display("learning", 1, 2)
    assert stream.getvalue() == ""
    with WorkDisplay(console=Console(file=stream, force_terminal=True, width=100)) as display:
        display("learning", 1, 2)
        assert display._bar is not None
        display._bar.refresh()
    assert "learning" in stream.getvalue() and "1/2" in stream.getvalue()
