"""Writes files whole or not at all, and reads those that are files: no links, pipes or devices, and not without end."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from .failure import Code, Failure

_SHARED = 0o644
"""What editors and Git give a file of a repository."""


def write_private(name: str | os.PathLike[str], data: bytes) -> None:
    """Replace a file atomically, readable by its owner only: plans and records name a tenant's objects.

    Raises `Failure` (1).
    """
    _write(Path(name), data, mode=None)


def write_shared(name: str | os.PathLike[str], data: bytes) -> None:
    """Replace a file of the repository atomically. Raises `Failure` (1)."""
    _write(Path(name), data, mode=_SHARED)


def rewrite(path: Path, data: bytes) -> None:
    """Replace a file atomically, with the mode that it has. Raises `Failure` (1), also where nobody may write it."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise Failure(Code.FAILED, f"{path} cannot be written: {error.strerror}") from error
    if not mode & stat.S_IWUSR:  # a rename would not ask
        raise Failure(Code.FAILED, f"{path} cannot be written: it is read-only")
    _write(path, data, mode=mode)


def _write(path: Path, data: bytes, *, mode: int | None) -> None:
    if path.exists() and not path.is_file():  # a rename would put a file in the place of a device or a pipe
        raise Failure(Code.FAILED, f"{path} cannot be written: it is not a regular file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                if mode is not None and hasattr(os, "fchmod"):  # not on Windows
                    os.fchmod(file.fileno(), mode)
            os.replace(temporary, path)  # noqa: PTH105 - mkstemp gives names, not paths
        except BaseException:
            os.unlink(temporary)  # noqa: PTH108
            raise
    except OSError as error:
        raise Failure(Code.FAILED, f"{path} cannot be written: {error.strerror}") from error


def read_regular(name: str | os.PathLike[str], most: int, *, whole: bool = True) -> bytes:
    """The content of a regular file that is no link; unless it has to be `whole`, the first bytes of a longer one do.

    A link in a repository may lead to anything that its author could not read himself, and what is read may be shown.
    Raises `OSError`, with the reason in `strerror`.
    """
    if Path(name).is_symlink():
        raise OSError(0, "it is a link; name the file itself")
    flags = os.O_RDONLY | sum(getattr(os, each, 0) for each in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"))
    with os.fdopen(os.open(name, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "it is not a regular file")
        data = file.read(most + 1)
    if whole and len(data) > most:
        raise OSError(0, f"it has more than {most:,} bytes")
    return data[:most]
