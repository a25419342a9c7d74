"""What `import` found and wrote, as a document (`schemas/v1/import.json`)."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import JsonObject
from .adopt import Adoption
from .survey import Entry, Status


def document(
    adoption: Adoption,
    *,
    tenant: JsonObject,
    folder: str,
    dry_run: bool,
    following: Sequence[str],
) -> JsonObject:
    """The document. `following`: the commands to run next."""
    entries = adoption.entries
    return {
        "formatVersion": 1,
        "tenant": tenant,
        "folder": folder,
        "dryRun": dry_run,
        "complete": not adoption.problems,
        "problems": [*adoption.problems],
        "summary": {_word(status): sum(e.status is status for e in entries) for status in Status},
        "adoptions": adoption.adoptions,
        "objects": [_object(entry) for entry in entries],
        "advice": [*adoption.advice],
        "next": [*following],
    }


def _word(status: Status) -> str:
    """A status as a member of JSON: `inTheWay`."""
    first, *rest = status.value.split("-")
    return first + "".join(word.capitalize() for word in rest)


def _object(entry: Entry) -> JsonObject:
    return {
        "kind": entry.kind.name,
        "address": str(entry.address) if entry.address else None,
        "liveId": entry.live.id if entry.live else None,
        "displayName": entry.live.display_name if entry.live else None,
        "status": entry.status.value,
        "file": entry.file,
        "adopts": entry.adopts,
        "pinned": entry.pinned,
        "reason": entry.reason,
        "sound": entry.sound,
        "findings": [found.to_json() for found in entry.findings],
        "notes": [*entry.expressed.notes] if entry.file else [],
    }
