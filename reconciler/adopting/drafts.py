"""Entries to the text of spec files: what is usual left out, ids pinned where a name does not say enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..kind import World
from ..model import JsonObject
from ..spec import writing
from ..spec.load import undeclared
from ..spec.schema import API_VERSION
from .survey import Entry


@dataclass(frozen=True, slots=True)
class Draft:
    """A spec file that is proposed."""

    entry: Entry
    file: str
    text: str


def draft(entry: Entry, file: str, world: World, comments: Sequence[str]) -> Draft:
    """The file of one entry, which has an address. `comments` stand at its head; what a reader should know follows."""
    assert entry.address is not None, "an entry that is drafted has been named"
    value: JsonObject = {
        "apiVersion": API_VERSION,
        "kind": entry.kind.name,
        "metadata": {"name": entry.address.name},
        "spec": _spec(entry, world),
    }
    noted = [note[:1].upper() + note[1:] + "." for note in entry.expressed.notes]
    return Draft(entry, file, writing.document(value, (*comments, *noted)))


def _spec(entry: Entry, world: World) -> JsonObject:
    spec = {name: value for name, value in entry.expressed.spec.items() if name not in entry.expressed.usual}
    if entry.protected:
        spec["lifecycle"] = {"preventDestroy": True}
    if entry.live and not _is_found(entry, spec, world):
        spec["id"] = entry.live.id
    return spec


def _is_found(entry: Entry, spec: JsonObject, world: World) -> bool:
    """Whether the spec stands for the live object without a pin."""
    assert entry.address is not None
    assert entry.live is not None
    match = entry.kind.find(replace(undeclared(entry.address), spec=spec), world)
    return match.live is not None and match.live.id == entry.live.id
