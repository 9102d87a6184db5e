"""A request that is not answered as it was asked."""

from __future__ import annotations

from pathlib import Path, PurePath

from mangacolor.core.errors import Cancelled, InputError, MangacolorError, PageError


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """HTTP ``status``, what is wrong, what to do, and in how many seconds it is worth asking again."""

    def __init__(self, status: int, message: str, remedy: str = "", retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.remedy = remedy
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}

    @property
    def document(self) -> dict[str, str]:
        """What a program is told."""
        return {"error": self.message, "remedy": self.remedy}


def refusal_of(error: MangacolorError, folder: Path) -> Refusal:
    """What an error of the pipeline means to whoever sent the page: of files under ``folder`` it hears the
    names there, and not where on this machine they lie."""
    if isinstance(error, Cancelled):
        return Refusal(503, "the server is being stopped", "Ask again when it runs.", retry_after=30)
    if isinstance(error, PageError | InputError):
        return Refusal(422, error.message, error.remedy)
    return Refusal(500, without_folder(error.message, folder), error.remedy)


def without_folder(text: str, folder: PurePath) -> str:
    """The text with paths under ``folder`` told from there on, in either way that Windows writes them."""
    for path, stroke in ((str(folder), "\\"), (folder.as_posix(), "/")):
        text = text.replace(f"{path}{stroke}", "")
    return text
