"""The emulated tenant: its objects, in memory and on disk, and what a reader that lags behind sees of them.

A tenant document (`formatVersion` 1) is seed, persistent state and export at once; objects in it may leave out what the
contract can fill in. Everything here expects its caller to hold the service's lock.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.model import Json, JsonObject

from .clock import stable_guid
from .json_values import objects
from .resources import HISTORY, ORGANIZATION
from .seeding import filled_object
from .snapshots import everyone, peopled

FORMAT_VERSION = 1
DEFAULT_TENANT = "c0ffee00-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
DEFAULT_ORGANIZATION = "Contoso (emulated)"
REMEMBERED = 200
"""Events of each log that are kept: a state file is written as a whole after every change."""


@dataclass(slots=True, eq=False)
class Entry:
    """One stored object with all its properties and contained collections. Never changed in place but for `fragments`,
    the bytes in which it was shown so far, by shape."""

    body: JsonObject
    fragments: dict[object, bytes] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.body["id"])


@dataclass(slots=True)
class _Shadow:
    """What readers still see of an object after a write: `previous` (None: nothing), for `left` more reads."""

    previous: Entry | None
    left: int


class Collection:
    """Objects in the order of their creation, found by id in any case."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._shadows: dict[str, _Shadow] = {}
        self._listed: list[Entry] | None = None
        self.changes = 0
        """How often something was stored or removed."""

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> Entry | None:
        """What is really stored; what writes go by."""
        return self._entries.get(key.lower())

    def store(self, entry: Entry, *, stale_reads: int = 0) -> None:
        self._cast_shadow(entry.id, stale_reads)
        self._entries[entry.id.lower()] = entry
        self._touch()

    def remove(self, key: str, *, stale_reads: int = 0) -> Entry | None:
        self._cast_shadow(key, stale_reads)
        self._touch()
        return self._entries.pop(key.lower(), None)

    def _touch(self) -> None:
        self.changes += 1
        self._listed = None

    def _cast_shadow(self, key: str, reads: int) -> None:
        if reads:
            held = self._shadows.get(key.lower())
            previous = held.previous if held else self._entries.get(key.lower())
            self._shadows[key.lower()] = _Shadow(previous, reads)

    def read(self, key: str) -> Entry | None:
        """What a GET of one object sees now."""
        shadow = self._shadows.get(key.lower())
        if shadow is None:
            return self.get(key)
        self._age(key.lower(), shadow)
        return shadow.previous

    def read_all(self) -> Sequence[Entry]:
        """What a GET of the list sees now: new objects may be missing, deleted ones still there."""
        if not self._shadows:
            self._listed = self._listed or list(self._entries.values())
            return self._listed
        shadows = dict(self._shadows)
        for key, shadow in shadows.items():
            self._age(key, shadow)
        seen = {key: shadows[key].previous if key in shadows else entry for key, entry in self._entries.items()}
        gone = {key: shadow.previous for key, shadow in shadows.items() if key not in self._entries}
        return [entry for entry in (*seen.values(), *gone.values()) if entry is not None]

    def _age(self, key: str, shadow: _Shadow) -> None:
        shadow.left -= 1
        if shadow.left <= 0:
            del self._shadows[key]

    def forget_renderings(self) -> None:
        for entry in self:
            entry.fragments.clear()


class Tenant:
    """All collections of one tenant, by path (`deviceManagement/deviceConfigurations`)."""

    def __init__(self, document: JsonObject, *, state: Path | None = None) -> None:
        if document.get("formatVersion", FORMAT_VERSION) != FORMAT_VERSION:
            raise ValueError(
                f"tenant document has formatVersion {document['formatVersion']}; this reads {FORMAT_VERSION}"
            )
        document = peopled(document)
        self.id = str(document.get("tenantId") or DEFAULT_TENANT)
        self.everyone = everyone(document)
        """How many people there are, named or not; 0 where only the named ones count."""
        organization = document.get("organization")
        self.organization: JsonObject = dict(organization) if isinstance(organization, dict) else {}
        self.organization.setdefault("displayName", DEFAULT_ORGANIZATION)
        self._revision = _as_int(document.get("revision"))
        self._state = state
        self.publishing: dict[str, int] = {}
        """App id -> how many more GETs say `processing`."""
        self.held_filters: dict[str, int] = {}
        """Filter id -> how many more deletes are refused although nothing uses it."""
        self.filed: dict[str, str] = {}
        """Approval request id -> what exactly was asked for, as a digest."""
        self._serial = 0
        self._collections: dict[str, Collection] = {}
        collections = document.get("collections")
        for path, listed in (collections if isinstance(collections, dict) else {}).items():
            self.collection(path)
            for body in listed if isinstance(listed, list) else ():
                if not isinstance(body, dict):
                    raise ValueError(f"collections/{path} of a tenant document holds JSON objects only")
                self.put(path, body)
        self._built_in()
        self._remember(document.get("history"))

    def _remember(self, history: Json) -> None:
        """Takes up what a state file says of the past."""
        if not isinstance(history, dict):
            return
        self._serial = _as_int(history.get("serial"))
        filed = history.get("filed")
        self.filed = {key: str(value) for key, value in filed.items()} if isinstance(filed, dict) else {}
        for path in sorted(HISTORY):
            for body in objects(history.get(path)):
                self.collection(path).store(Entry(filled_object(path, body)))

    def _built_in(self) -> None:
        tags = "deviceManagement/roleScopeTags"
        if self.collection(tags).get("0") is None:
            self.put(tags, {"id": "0", "displayName": "Default", "isBuiltIn": True})
        self.put(ORGANIZATION.path, {**self.organization, "id": self.id})

    def collection(self, path: str) -> Collection:
        return self._collections.setdefault(path, Collection())

    def new_id(self, path: str) -> str:
        """A GUID that no object of the collection has; the same for the same history."""
        while True:
            self._revision += 1
            found = stable_guid(self.id, path, str(self._revision))
            if self.collection(path).get(found) is None:
                return found

    def put(self, path: str, body: JsonObject) -> Entry:
        """Stores an object as an administrator's act: filled in, replacing one of the same id. Raises `ValueError`
        for an object that Graph could not show."""
        given = body.get("id")
        key = str(given) if given else self.new_id(path)
        entry = Entry(filled_object(path, {**body, "id": key}))
        self.collection(path).store(entry)
        return entry

    def record(self, path: str, body: JsonObject, *, late: int = 0) -> Entry:
        """Adds to the history, with an id of its own unless it has one; the oldest events of a log are forgotten.

        `late`: how many reads do not show it yet.
        """
        self._serial += 1
        given = {"id": stable_guid(self.id, path, str(self._serial)), **body}
        entry = Entry(filled_object(path, given))
        held = self.collection(path)
        held.store(entry, stale_reads=late)
        if len(held) > REMEMBERED:
            held.remove(next(iter(held)).id)
        return entry

    def export(self) -> JsonObject:
        """The whole tenant as a document; collections and keys sorted, objects in order. Its history is no part."""
        collections: JsonObject = {
            path: [copy.deepcopy(entry.body) for entry in held]
            for path, held in sorted(self._collections.items())
            if held and path != ORGANIZATION.path and path not in HISTORY
        }
        return {
            "formatVersion": FORMAT_VERSION,
            "tenantId": self.id,
            "organization": dict(self.organization),
            "revision": self._revision,
            "collections": collections,
            **({"people": {"everyone": self.everyone}} if self.everyone else {}),
        }

    def save(self) -> None:
        """Writes the state file, if there is one, so that readers see the old or the new one, never half of one."""
        if self._state is None:
            return
        self._state.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._state.with_name(self._state.name + f".{os.getpid()}.tmp")
        document = {**self.export(), "history": self._history()}
        temporary.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        temporary.replace(self._state)

    def _history(self) -> JsonObject:
        logs: JsonObject = {path: [entry.body for entry in self.collection(path)] for path in sorted(HISTORY)}
        return {"serial": self._serial, "filed": dict(self.filed), **logs}

    def forget_renderings(self) -> None:
        for held in self._collections.values():
            held.forget_renderings()


def _as_int(value: Json) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def load(seed: JsonObject | None, state: Path | None) -> Tenant:
    """The tenant in the state file if that exists, else a new one from the seed. Raises `ValueError` for a file that
    is no tenant document."""
    document: Json = seed if seed is not None else {}
    if state is not None and state.exists():
        document = json.loads(state.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise ValueError(f"{state} is not a tenant document")
    return Tenant(document, state=state)


def assignments(entry: Entry) -> list[JsonObject]:
    """The assignments inside an object, as stored."""
    return objects(entry.body.get("assignments"))


def changed(entry: Entry, **members: Json) -> Entry:
    """The entry with some members replaced."""
    return Entry({**entry.body, **members})
