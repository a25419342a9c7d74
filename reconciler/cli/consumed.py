"""Which saved plans were applied. A plan is good for one run; called by `apply` around its first write.

One small file a plan, below the root of the workspace, made so that of two processes only one gets it. In a pipeline
with a fresh checkout it is not there, and what refuses a second run is that the tenant is no longer as planned.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from ..canonical import canonical
from ..diagnostics import Diagnostic, Severity
from ..plan import instant
from .failure import Code, Failure

FOLDER = Path(".reconciler") / "consumed"
RECORDS = Path(".reconciler") / "runs"


def refuse_consumed(root: Path, digest: str) -> None:
    """End here if the plan of that digest was applied already. Raises `Failure` (4)."""
    if os.path.lexists(_file(root, digest)):
        raise _refused(_begun(_file(root, digest), "at"))
    for record in sorted((root / RECORDS).glob("*.json")):
        if _is_of(record, digest):
            raise _refused(_begun(record, "startedAt"))


def consume(root: Path, digest: str, *, at: datetime, record: Path | None) -> Path:
    """Take the plan for the run begun at `at`, which is recorded in `record`; the file that says so.

    Raises `Failure`: 4 where another run has it, 1 where nothing can be written.
    """
    path = _file(root, digest)
    taken = {"digest": digest, "at": instant(at), "record": str(record) if record else None}
    try:
        _make(path, (canonical(taken) + "\n").encode("ascii"))
    except OSError as error:
        if isinstance(error, FileExistsError) and os.path.lexists(path):
            raise _refused(_begun(path, "at")) from None
        raise Failure(Code.FAILED, f"{path} cannot be written: {error.strerror}") from error
    return path


def _make(path: Path, data: bytes) -> None:
    """Write a file that was not there. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def taken(root: Path, digest: str | None, *, at: datetime, record: Path | None) -> Iterator[None]:
    """Take the plan, if it is a saved one, and give it back where the run cannot even be recorded: nothing was sent."""
    path = consume(root, digest, at=at, record=record) if digest else None
    try:
        yield
    except Failure:
        if path:
            path.unlink(missing_ok=True)
        raise


def _file(root: Path, digest: str) -> Path:
    return root / FOLDER / f"{digest.removeprefix('sha256:')}.json"


def _is_of(record: Path, digest: str) -> bool:
    """Whether this is the record of a run of that plan. What cannot be read is none."""
    with suppress(OSError, ValueError, AttributeError):
        data = record.read_bytes()
        return digest.encode("ascii") in data and json.loads(data).get("savedPlan") == digest
    return False


def _begun(path: Path, member: str) -> str:
    """The words that say which run it was; none where the file does not, as while it is being written."""
    with suppress(OSError, ValueError, LookupError, TypeError):
        return f", by the run begun at {json.loads(path.read_bytes())[member]}"
    return ""


def _refused(by: str) -> Failure:
    found = Diagnostic(Severity.ERROR, "PLANFILE108", f"the plan was applied already{by}", "plan again")
    return Failure(Code.REFUSED, "refused: nothing was changed", diagnostics=[found])
