"""JSON documents in the state folder that people may edit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mangacolor.core.atomic import write_atomic
from mangacolor.core.errors import UsageError
from mangacolor.core.system.files import read_file
from mangacolor.pipeline.store.sealed import NO_UTF_8


def read_document(path: Path) -> dict[str, Any] | None:
    """The JSON object in a file; None if there is no file. Raises ``UsageError`` for anything else."""
    remedy = "Mend the file, or delete it to have it written anew."
    try:
        document = json.loads(read_file(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", remedy) from None
    except (ValueError, RecursionError) as error:  # the latter where it is nested without measure
        raise UsageError(f"{path}: is no JSON: {error}", remedy) from None
    if not isinstance(document, dict):
        raise UsageError(f"{path}: must hold a JSON object, not {type(document).__name__}", remedy)
    return document


def write_document(path: Path, document: Mapping[str, Any], scratch: Path | None = None) -> None:
    """Write a document, whole or not at all. Raises ``OutputError``."""
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    write_atomic(path, text.encode(errors=NO_UTF_8), scratch=scratch)
