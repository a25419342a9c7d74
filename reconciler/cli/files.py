"""Writes files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .failure import Code, Failure


def write_private(name: str | os.PathLike[str], data: bytes) -> None:
    """Replace a file atomically, readable by its owner only: plans and records name a tenant's objects.

    Raises `Failure` (1).
    """
    path = Path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)  # noqa: PTH105 - mkstemp gives names, not paths
        except BaseException:
            os.unlink(temporary)  # noqa: PTH108
            raise
    except OSError as error:
        raise Failure(Code.FAILED, f"{path} cannot be written: {error.strerror}") from error
