"""What an error says, and in how many lines."""

from __future__ import annotations

from mangacolor.core.errors import InputError, in_one_line


def test_an_error_is_told_in_two_lines_or_in_one() -> None:
    error = InputError("a.png: the file is empty", "Get a complete copy.")
    assert str(error) == "a.png: the file is empty\n  Get a complete copy."
    assert in_one_line(error) == "a.png: the file is empty. Get a complete copy."
    assert in_one_line(ImportError("no torch")) == "no torch"
    assert in_one_line(InputError("a.png: gone")) == str(InputError("a.png: gone")) == "a.png: gone"
    error = InputError("a.png: two things:\nit is torn.", "Get\nanother.")
    assert in_one_line(error) == "a.png: two things: it is torn. Get another."
