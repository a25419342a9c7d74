"""What stood in the tenant before a run, whose it is, and what administrators did since: the judge of what was touched.

An object that no spec may mean has to come out as it went in, to the last byte and in its place. Of one that a spec
means, what the spec does not mention has to. Whoever edits behind the tool's back does it through here (`put`,
`remove`), so that their edits are not held against it; an edit that falls between the last look at an object and the
very next write to it is the documented race, and clears the object.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from tests.e2e.harness import Rehearsal
from tests.e2e.scenario import PROFILES as LADDER

from .meets import COLLECTION, FIELD, OWNER, WEB_CLIP, held, is_app_of, is_policy_of, markers, text
from .specs import SWITCHES, Document
from .tenants import COLLECTIONS
from .violation import hold

Body = dict[str, Any]
_PATH = re.compile(rf"/beta/({'|'.join(COLLECTIONS)})(?:/([^/]+))?(/.*)?")
_SERVICES_OWN = frozenset({"priority", "lastModifiedDateTime"})
"""What the service changes of a profile that others pass."""


def place(path: str) -> tuple[str, str, str]:
    """Collection, id in lower case and rest of a decoded path; empty where there is none."""
    found = _PATH.fullmatch(path.partition("?")[0])
    return (found[1], unquote(found[2] or "").lower(), found[3] or "") if found else ("", "", "")


class Ledger:
    """One tenant's objects by id, with their owners."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._rehearsal = rehearsal
        self._emulator = rehearsal.emulator
        self._held: dict[str, tuple[str, Body]] = {}
        self._there: set[str] = set()
        """The ids at the start."""
        self._edited: dict[str, int] = {}
        """When an administrator last edited an object: the number of the request that followed."""
        self._raced: set[str] = set()
        self._by_hand: set[str] = set()
        """What administrators created."""
        self.edits = 0
        """How many there were since the last plan."""
        self._hidden: dict[str, set[str]] = {}
        """By collection: what stands in it and its last list did not show, because readers lag."""
        self._unseen: set[str] = set()
        """What was hidden in the list that a create of this run rested on."""
        self._versions: list[Body] = []
        self.open()

    def open(self) -> None:
        """Take everything as it stands for the start of a run."""
        self._held = {str(o["id"]).lower(): (c, o) for c, objects in self.tenant().items() for o in objects}
        self._there = set(self._held)
        self._edited, self._raced = {}, set()
        self._hidden, self._unseen = {name: self._not_shown(name) for name in COLLECTIONS}, set()

    def tenant(self) -> dict[str, list[Body]]:
        """The objects as they are stored now."""
        return {name: self._rehearsal.stored(name) for name in COLLECTIONS}

    # -- what readers are shown ---------------------------------------------------------------------------------------

    def plans(self) -> None:
        """A plan begins to read."""
        self.edits = 0
        late = [body for body in self._rehearsal.lagging(LADDER).values() if body]
        self._versions = late and [*late, *self._rehearsal.stored(LADDER)]

    def versions(self) -> dict[str, list[Body]]:
        """The ranks that the last plan may have read: each number of a profile once, the one that lags too."""
        pairs = {(str(body["id"]).lower(), body["priority"]) for body in self._versions}
        return {LADDER: [{"id": key, "priority": number} for key, number in pairs]}

    def seen(self) -> dict[str, list[Body]]:
        """The objects as they are stored now, without those that a create of this run could not know of."""
        found = self.tenant()
        return {name: [o for o in held if str(o["id"]).lower() not in self._unseen] for name, held in found.items()}

    def lists(self, path: str, *, more: bool) -> None:
        """A list is about to be read (`more`: another page of it)."""
        collection, key, _ = place(path)
        if collection and not key:
            known = self._hidden[collection] if more else set()
            self._hidden[collection] = known | self._not_shown(collection)

    def unwatched(self) -> None:
        """Nobody tells which lists are read: what is hidden at the start counts as hidden from every create."""
        self._unseen = set().union(*self._hidden.values())

    def _not_shown(self, collection: str) -> set[str]:
        return {key for key, body in self._rehearsal.lagging(collection).items() if body is None}

    # -- administrators -----------------------------------------------------------------------------------------------

    def put(self, collection: str, body: Mapping[str, Any]) -> None:
        """An administrator stores an object."""
        known = {str(o["id"]).lower() for o in self._rehearsal.stored(collection)}
        stored = self._emulator.put(collection, dict(body))
        key = str(stored["id"]).lower()
        self._by_hand |= {key} - known
        self._note(key, (collection, stored))

    def remove(self, collection: str, key: str) -> None:
        """An administrator deletes an object."""
        self._emulator.remove(collection, key)
        self._note(key.lower(), None)

    def _note(self, key: str, now: tuple[str, Body] | None) -> None:
        self.edits += 1
        self._edited[key] = len(self._emulator.log)
        self._held.pop(key, None)
        if now:
            self._held[key] = copy.deepcopy(now)
        for profile in self._rehearsal.stored(LADDER):  # numbers of before and after an edit do not compare
            ranked = str(profile["id"]).lower()
            if ranked in self._held:
                self._held[ranked] = (LADDER, {**self._held[ranked][1], "priority": profile["priority"]})

    # -- what a run may do --------------------------------------------------------------------------------------------

    def arrives(self, path: str, documents: Sequence[Document], *, may_end: bool) -> None:
        """A write is about to be served: it must go to something that a spec means (`may_end`: or that is ours)."""
        collection, key, _ = place(path)
        hold(collection, 20, f"a write goes to {path}")
        if not key:
            self._unseen |= self._hidden[collection]
        if not key or key not in self._held:
            return  # a create, or what this run created
        if key in self._edited and self._edited[key] >= self._looked_at(key, collection):
            self._raced.add(key)
        elif key not in self._raced:
            body = self._emulator.object(collection, key)
            known = body is None or means(collection, body, documents) or (may_end and ours(collection, body))
            hold(known, 20, f"{path} is nobody's of ours")

    def _looked_at(self, key: str, collection: str) -> int:
        """The number of the last reading of an object with its assignments; while reads lag, none counts."""
        if self._emulator.knobs.stale_reads:
            return -1
        reads = [r for r in self._emulator.log if r.method == "GET" and r.status == 200]
        item = [r.number for r in reads if place(r.path)[1:] == (key, "")]
        sets = [r.number for r in reads if place(r.path)[1:] == (key, "/assignments")]
        lists = [r.number for r in reads if place(r.path) == (collection, "", "")]
        return max([*lists[-1:], min([*item[-1:], *sets[-1:]], default=-1)], default=-1)

    # -- what came of it ----------------------------------------------------------------------------------------------

    def judge(self, documents: Sequence[Document], *, may_end: bool = False, order: bool = True) -> None:
        """Hold what is stored against what was, and against the specs. Raises `Violation`."""
        now = self.tenant()
        stored = {str(o["id"]).lower(): (c, o) for c, objects in now.items() for o in objects}
        for key, (collection, before) in self._held.items():
            if key in self._raced:
                continue
            after = stored.get(key, (collection, None))[1]
            if meant := means(collection, before, documents):
                if after is not None:
                    self._unmanaged(collection, before, after, meant)
                hold(after or may_end, 22, f"{collection}/{key} is gone")
            elif not (may_end and ours(collection, before)):
                hold(
                    after and _plain(collection, after) == _plain(collection, before), 20, f"{collection}/{key} changed"
                )
        if order:
            self._in_place(now, documents)
        self._once(now, documents)

    def _unmanaged(self, collection: str, before: Body, after: Body, meant: Sequence[Document]) -> None:
        for each in meant:
            was, now = unmanaged(collection, before, each), unmanaged(collection, after, each)
            changed = {name: (was[name], now[name]) for name in was if was[name] != now[name]}
            hold(not changed, 21, f"{each['kind']}/{each['metadata']['name']} does not mention {changed}")

    def _in_place(self, now: Mapping[str, Sequence[Body]], documents: Sequence[Document]) -> None:
        """Profiles that no spec means keep their order among themselves."""
        theirs = {k: b["priority"] for k, (c, b) in self._held.items() if c == LADDER and not means(c, b, documents)}
        after = {str(p["id"]).lower(): p["priority"] for p in now[LADDER]}
        kept = [key for key in theirs if key in after]
        same = sorted(kept, key=lambda k: theirs[k]) == sorted(kept, key=lambda k: after[k])
        hold(same, 20, "profiles of others changed their order among themselves")

    def _once(self, now: Mapping[str, Sequence[Body]], documents: Sequence[Document]) -> None:
        """At most one object of a spec was made by runs; copies that were there, or that people made, do not count.

        Nor does one that the list did not show on which the create rested: the documented race after a crash.
        """
        for each in documents:
            if each["kind"] not in COLLECTION:
                continue
            collection, name = COLLECTION[each["kind"]], (OWNER, each["kind"], each["metadata"]["name"])
            mine = [str(o["id"]).lower() for o in now[collection] if name in markers(o, collection)]
            made = [key for key in mine if key not in self._there and key not in self._by_hand]
            hold(len(made) <= 1, 30, f"{name[1]}/{name[2]} was made {len(made)} times")
            there = [key for key in mine if key in self._there and key not in self._unseen]
            hold(not made or not there, 30, f"{name[1]}/{name[2]} was made though it was there")


def means(collection: str, body: Mapping[str, Any], documents: Iterable[Document]) -> list[Document]:
    """The specs that an object may stand for: by our marker, by an unmarked name, as the app that is assigned."""
    return [
        each for each in documents if COLLECTION.get(each["kind"]) == collection and _stands_for(collection, body, each)
    ]


def _stands_for(collection: str, body: Mapping[str, Any], each: Document) -> bool:
    if each["kind"] in ("AuthenticatorAssignment", "AppAssignment"):
        return is_app_of(body, each["spec"])
    if each["kind"] == "CompliancePolicyAssignment":
        return is_policy_of(body, each["spec"])
    if each["kind"] == "WebClip" and body["@odata.type"] != WEB_CLIP:
        return False
    found = markers(body, collection)
    names = {each["metadata"]["name"], *each["metadata"].get("previousNames", ())}
    if found:
        return any(owner == OWNER and kind == each["kind"] and name in names for owner, kind, name in found)
    return bool(body["displayName"] == each["spec"]["displayName"])


def ours(collection: str, body: Mapping[str, Any]) -> bool:
    """Whether it carries a marker of ours."""
    return any(owner == OWNER for owner, _, _ in markers(body, collection))


def _plain(collection: str, body: Mapping[str, Any]) -> dict[str, Any]:
    moved = _SERVICES_OWN if collection.endswith("Profiles") else frozenset()
    return {name: value for name, value in body.items() if name not in moved}


def unmanaged(collection: str, body: Mapping[str, Any], each: Document) -> dict[str, Any]:
    """What of an object its spec does not mention, as values that compare."""
    spec, found = each["spec"], dict[str, Any]()
    if "description" not in spec or FIELD[collection] != "description":
        found["text"] = text(body, FIELD[collection])
    if each["kind"] == "JitSsoPolicy":
        found |= _of_policy(body, spec)
    if each["kind"] == "EnrollmentProfile":
        found["platform"] = body["platform"]
    if each["kind"] == "WebClip":
        fields = {**SWITCHES, "publisher": "publisher", "description": "description"}
        found |= {name: body.get(name) for field, name in fields.items() if field not in spec}
        found["icon"] = body.get("largeIcon")
    if each["kind"] == "CompliancePolicyAssignment":
        own = {"description", "assignments", "version", "lastModifiedDateTime"}
        found |= {name: value for name, value in body.items() if name not in own}
    if each["kind"] in ("AuthenticatorAssignment", "AppAssignment", "CompliancePolicyAssignment"):
        found["others"] = [m for m in markers(body, collection) if m[0] != OWNER]
        found["app"] = {k: body[k] for k in ("displayName", "bundleId", "publisher", "appStoreUrl") if k in body}
    if each["kind"] == "AssignmentFilter" and "scopeTags" not in spec:
        found["tags"] = sorted(body["roleScopeTags"])
    if "assignments" not in spec and "assignments" in body:
        found["targets"] = sorted((*held(a["target"]), str(a.get("settings"))) for a in body["assignments"])
    return found


def _of_policy(body: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    extension = body.get("iosSingleSignOnExtension") or {"enableSharedDeviceMode": False}
    pairs = {p["key"]: p["value"] for p in extension.get("configurations", ())}
    found = {"mode": extension["enableSharedDeviceMode"]}
    if "scopeTags" not in spec:
        found["tags"] = sorted(body["roleScopeTagIds"])
    if "appBundleIds" not in spec:
        found["bundles"] = sorted(extension.get("bundleIdAccessControlList", ()))
    if "additionalConfiguration" not in spec:
        own = ("device_registration", "browser_sso_interaction_enabled")
        found["pairs"] = sorted((k, v) for k, v in pairs.items() if k not in own)
    return found
