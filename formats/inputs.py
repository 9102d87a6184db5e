"""What lies in the inputs: files, told as pictures, archives or other ones, and where they would go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from mangacolor.core.errors import InputError, UsageError
from mangacolor.core.system.files import is_link, is_same_place
from mangacolor.formats.archives import comic_suffixes
from mangacolor.formats.containers import UNREAD_BOOKS, container_kind
from mangacolor.formats.folders import UNREADABLE, list_folder
from mangacolor.formats.names import STATE_FOLDER, is_litter, readable
from mangacolor.formats.opened import container_suffixes
from mangacolor.formats.sniff import FORMATS_READ, IMAGE_SUFFIXES, image_kind, read_head

What = Literal["image", "container", "other"]


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the input ``root``, or a folder in it that cannot be read.

    ``place``: where it goes, relative to OUT. ``kind``: of a container, as ``open_container`` takes it.
    """

    root: Path
    file: Path
    place: PurePosixPath
    what: What
    kind: str = ""


def find_files(inputs: Sequence[Path], out: Path, notes: list[str]) -> list[Found]:
    """Every file of the inputs; what is left out is named in ``notes``. ``out`` is resolved.

    Raises ``UsageError`` for no input or one that is OUT, ``InputError`` for one that does not exist, cannot
    be read, or holds neither a picture nor an archive.
    """
    roots = [_absolute(path) for path in inputs]
    if not roots:
        raise UsageError("no input given", "Name a folder of images, an archive or an image.")
    for root in roots:
        _check_input(root, out)
    found: list[Found] = []
    for root in dict.fromkeys(roots):
        if root.is_dir():
            base = PurePosixPath(readable(root.name)) if len(roots) > 1 else PurePosixPath()
            found += _find_in_tree(root, base, out, notes)
        else:
            found.append(_find_file(root))
    return found


def _absolute(path: Path) -> Path:
    # A link keeps the name the user typed; "." and ".." have none and take their folder's.
    return path.resolve() if path.name in ("", "..") else path.absolute()


def _check_input(root: Path, out: Path) -> None:
    if not root.exists():
        raise InputError(f"{root}: no such file or folder", "Check the path; quote it if it has spaces.")
    if is_same_place(root, out):
        raise UsageError(
            f"--out is the input itself: {root}", "Name another folder: sources are never overwritten."
        )
    if not (root.is_dir() or root.is_file()):
        raise InputError(f"{root}: neither a file nor a folder", "Give a folder, an archive or an image.")


def _find_in_tree(root: Path, base: PurePosixPath, out: Path, notes: list[str]) -> list[Found]:
    found = []
    for file in _walk(list_folder(root), out, notes):
        place = base / PurePosixPath(readable("/".join(file.relative_to(root).parts)))
        if file.is_dir():  # it is a page that fails, as an archive that cannot be read is, and others go on
            found.append(Found(root, file, place / UNREADABLE, "container", UNREADABLE))
            continue
        what, kind = tell_file(file)
        if what != "other" or not file.name.startswith("."):
            found.append(Found(root, file, place, what, kind))
    if all(one.what == "other" for one in found):
        raise InputError(f"{root}: holds no page", "Give a folder with images or comic archives in it.")
    return found


def _find_file(file: Path) -> Found:
    what, kind = tell_file(file, named=True)
    if what == "other":
        raise InputError(
            f"{file}: not an image or archive that mangacolor reads",
            f"It reads the pictures {FORMATS_READ}, and {', '.join(comic_suffixes())}, PDF and EPUB.",
        )
    return Found(file, file, PurePosixPath(readable(file.name)), what, kind)


def _walk(entries: Iterable[tuple[Path, bool]], out: Path, notes: list[str]) -> Iterator[Path]:
    """Files among what lies in a folder (as of ``list_folder``) and below, and folders that cannot be read;
    never inside OUT, a state folder or a folder reached by a link."""
    for entry, is_folder in entries:
        if is_litter(entry.name) or entry.name == STATE_FOLDER:
            continue
        if is_folder:
            if is_link(entry):
                notes.append(f"{entry}: a link to a folder is not followed; name it as an input of its own")
            elif not entry.name.startswith(".") and not is_same_place(entry, out):
                yield from _walk_inside(entry, out, notes)
        elif entry.is_file():
            yield entry
        elif entry.is_symlink() and not entry.exists():
            notes.append(f"{entry}: left out, a link to what is not there")
        else:
            notes.append(f"{entry}: left out, neither a file nor a folder")


def _walk_inside(folder: Path, out: Path, notes: list[str]) -> Iterator[Path]:
    try:
        entries = list_folder(folder)
    except InputError:
        yield folder
        return
    if (folder / STATE_FOLDER, True) in entries:
        notes.append(f"{folder}: what mangacolor has coloured, which is taken for a chapter, too")
    yield from _walk(entries, out, notes)


def tell_file(file: Path, named: bool = False) -> tuple[What, str]:
    """What a file is, by content, and the kind of a container; a known suffix decides for broken files.

    ``named``: the user gave it as an input.
    """
    try:
        head = read_head(file)
    except OSError:
        head = b""
    if image_kind(head):
        return "image", ""
    kind, suffix = container_kind(head), file.suffix.lower()
    # Many file types are ZIP archives inside (.docx, .apk): a comic is named like one, or by the user.
    if kind and (named or suffix in container_suffixes() | IMAGE_SUFFIXES or not suffix):
        return "container", kind
    if suffix in IMAGE_SUFFIXES:
        return "image", ""
    if suffix in UNREAD_BOOKS:
        return "container", "unread"
    # A compressed file of its own may be anything; only its content could say that it is a comic.
    return ("container", "zip") if suffix in container_suffixes() - {".gz", ".bz2", ".xz"} else ("other", "")
