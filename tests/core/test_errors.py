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


def test_what_no_text_can_hold_is_told_all_the_same() -> None:
    bytes_of_a_path, of_no_byte = "a\udcff.png", "b\ud800\udc00\ude00.png"
    assert InputError(f"{bytes_of_a_path}: gone").message == "a\ufffd.png: gone"
    assert InputError(f"{of_no_byte}: gone").message == "b\ufffd\ufffd\ufffd.png: gone"


def test_names_that_a_remedy_repeats_are_no_commands_to_a_terminal() -> None:
    error = InputError("b.png: gone", "Did you mean b\x1b[31m\udcff.png?\nOr another.")
    assert error.remedy == "Did you mean b\\x1b[31m\ufffd.png?\nOr another."
