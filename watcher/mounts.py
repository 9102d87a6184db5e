"""Whether a folder lies where the system does not tell of changes that another machine makes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

# As /proc/mounts names them; some are folders that a virtual machine has of its host. ``fuse`` with a name
# behind it is rclone, sshfs, mergerfs over shares and so on.
_SHARES: Final = frozenset(
    {
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "davfs",
        "drvfs",
        "fakeowner",
        "glusterfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "osxfs",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
        "vmhgfs",
    }
)


def needs_polling(folder: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The kind of file system that makes looking again and again necessary, or "".

    Only Linux says what is mounted where; elsewhere, and where that cannot be read, it is "".
    """
    try:
        rows = mounts.read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    except OSError:
        return ""
    resolved, best, kind = folder.resolve(), -1, ""
    for row in rows:
        fields = row.split()
        if len(fields) < 3:
            continue
        point = Path(_unescaped(fields[1]))
        # Of two mounts at one place the later hides the earlier.
        if resolved.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind if kind in _SHARES or kind.startswith("fuse.") else ""


def _unescaped(field: str) -> str:
    """A path of /proc/mounts: spaces and the like are written as octal numbers, see fstab(5)."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)
