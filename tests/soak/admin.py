"""What administrators do behind the tool's back: one random edit at a time, each through the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from tests.e2e.scenario import APPS, CONFIGURATIONS, PROFILES, pair

from .ledger import Ledger
from .meets import FIELD, MARKER
from .specs import SHOWN
from .tenants import app_assignments, assigned, guid, lines, one_policy, one_profile

Body = dict[str, Any]
_NOT_OURS_TO_EDIT = frozenset({"Default"})


def edit(rng: Random, ledger: Ledger) -> str:
    """Do something; gives what it was, for whoever follows a scenario."""
    name = rng.choices([*EDITS], [weight for _, weight in EDITS.values()])[0]
    collection = rng.choice([CONFIGURATIONS, PROFILES, PROFILES, APPS])
    held = [o for o in ledger.tenant()[collection] if o["displayName"] not in _NOT_OURS_TO_EDIT]
    if held or name == "add":
        EDITS[name][0](rng, ledger, collection, rng.choice(held) if held else {})
    return f"{name} in {collection}"


def _rename(rng: Random, ledger: Ledger, collection: str, body: Body) -> None:
    ledger.put(collection, {**body, "displayName": rng.choice(["By hand", *SHOWN.values()])})


def _rewrite(rng: Random, ledger: Ledger, collection: str, body: Body) -> None:
    """Another text around the markers."""
    field = FIELD[collection]
    marks = [m.group(0) for m in MARKER.finditer(str(body.get(field) or ""))]
    ledger.put(collection, {**body, field: "\n".join([f"Noted {rng.randint(1, 9)}", *marks])})


def _unmark(rng: Random, ledger: Ledger, collection: str, body: Body) -> None:
    ledger.put(collection, {**body, FIELD[collection]: "no marker any more"})


def _reassign(rng: Random, ledger: Ledger, collection: str, body: Body) -> None:
    if collection == APPS:
        kind = str(body["@odata.type"]).rpartition(".")[2]
        made = app_assignments(rng, None if kind == "iosiPadOSWebClip" else kind)
    else:
        made = assigned(rng, exclusions=collection != PROFILES, filters=collection != PROFILES)
    ledger.put(collection, {**body, "assignments": made})


def _delete(rng: Random, ledger: Ledger, collection: str, body: Body) -> None:
    ledger.remove(collection, str(body["id"]))


def _add(rng: Random, ledger: Ledger, collection: str, body: Body) -> None:
    name = rng.choice(["Added by hand", *SHOWN.values()])
    if collection == CONFIGURATIONS:
        ledger.put(CONFIGURATIONS, one_policy(rng, name, ""))
    else:
        top = max((p["priority"] for p in ledger.tenant()[PROFILES]), default=0)
        ledger.put(PROFILES, {**one_profile(rng, name, ""), "priority": top + 1})


def _duplicate(rng: Random, ledger: Ledger, collection: str, body: Body) -> None:
    """What the portal's Duplicate does: everything is copied, the marker too, but not the assignments."""
    if collection == APPS:
        return
    more = {"priority": max(p["priority"] for p in ledger.tenant()[PROFILES]) + 1} if collection == PROFILES else {}
    copied = {**body, "id": guid(rng), "displayName": f"{body['displayName'][:200]} - Copy", "assignments": []}
    ledger.put(collection, {**copied, **more})


def _reorder(rng: Random, ledger: Ledger, collection: str, body: Body) -> None:
    """Two profiles change places."""
    ladder = [p for p in ledger.tenant()[PROFILES] if p["displayName"] not in _NOT_OURS_TO_EDIT]
    if len(ladder) > 1:
        one, other = rng.sample(ladder, 2)
        ledger.put(PROFILES, {**one, "priority": other["priority"]})
        ledger.put(PROFILES, {**other, "priority": one["priority"]})


def _retune(rng: Random, ledger: Ledger, collection: str, body: Body) -> None:
    """A setting, which may be managed or not."""
    if collection == CONFIGURATIONS and body.get("iosSingleSignOnExtension"):
        extension = body["iosSingleSignOnExtension"]
        pairs = [p for p in extension["configurations"] if p["key"] != "whatever"]
        extra = pair("whatever", f"by hand {rng.randint(1, 9)}")
        ledger.put(collection, {**body, "iosSingleSignOnExtension": {**extension, "configurations": [*pairs, extra]}})
    elif collection == PROFILES:
        kind = rng.choice(["device", "webDeviceEnrollment", "user"])
        options = [{"ownerType": "personal", "enrollmentType": kind}]
        ledger.put(collection, {**body, "defaultEnrollmentType": kind, "availableEnrollmentTypeOptions": options})
    else:
        ledger.put(collection, {**body, FIELD[collection]: lines(rng, "")})


Edit = Callable[[Random, Ledger, str, Body], None]
EDITS: Mapping[str, tuple[Edit, int]] = {
    "rename": (_rename, 2),
    "rewrite": (_rewrite, 3),
    "unmark": (_unmark, 1),
    "reassign": (_reassign, 4),
    "delete": (_delete, 2),
    "add": (_add, 2),
    "duplicate": (_duplicate, 1),
    "reorder": (_reorder, 3),
    "retune": (_retune, 3),
}
