"""What a shell is offered: commands, options of the command that is meant, and files."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

RUN = [sys.executable, "-c", "from mangacolor.cli import main; main([])"]


def ask(instruction: str, words: str = "", at: int = 0) -> list[str]:
    told = {"_MANGACOLOR_COMPLETE": instruction, "COMP_WORDS": words, "COMP_CWORD": str(at)}
    done = subprocess.run(RUN, env=os.environ | told, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("mangacolor pal", "plain,palette"),
        ("mangacolor chap", "file,chap"),
        ("mangacolor --vers", "plain,--version"),
        ("mangacolor --scal", "plain,--scale"),
        ("mangacolor chapter --upscale-b", "plain,--upscale-backend"),
        ("mangacolor chapter --scale ", "plain,auto"),
        ("mangacolor chapter --until pan", "plain,panels"),
        ("mangacolor chapter --from rea", "plain,reassemble"),
        ("mangacolor chapter --fit kobo-lib", "plain,kobo-libra-colour"),
        ("mangacolor chapter --saturation e", "plain,eink"),
        ("mangacolor colorize chapter --no-harm", "plain,--no-harmonize"),
        ("mangacolor doctor --js", "plain,--json"),
    ],
)
def test_what_is_offered_in_bash(words: str, offered: str) -> None:
    assert offered in ask("bash_complete", words, len(words.split(" ")) - 1)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_its_script(shell: str) -> None:
    script = "\n".join(ask(f"{shell}_source"))
    assert "_MANGACOLOR_COMPLETE" in script and f"{shell}_complete" in script
