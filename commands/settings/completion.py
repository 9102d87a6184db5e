"""Completion in shells of a command line that need name no command: ``mangacolor chapter --sc…``."""

from __future__ import annotations

from collections.abc import Callable

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

WithCommand = Callable[[list[str]], list[str]]


def complete_without_command(with_command: WithCommand, default: str) -> None:
    """Have click complete for bash, zsh and fish what ``with_command`` makes of the words.

    ``default``: the command that is meant where none is named.
    """
    for shell in (BashComplete, ZshComplete, FishComplete):
        add_completion_class(_class_for(shell, with_command, default), shell.name)


def _class_for(shell: type[ShellComplete], with_command: WithCommand, default: str) -> type[ShellComplete]:
    class Complete(shell):  # type: ignore[misc, valid-type]
        def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
            if args:
                return list(super().get_completions(with_command(args), incomplete))
            items = list(super().get_completions([], incomplete))
            if incomplete.startswith("-"):
                return items + list(super().get_completions([default], incomplete))
            return [*items, CompletionItem(incomplete, type="file")]  # an input

    return Complete
