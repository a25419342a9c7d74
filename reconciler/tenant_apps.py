"""The tenant's apps for iPhones and iPads, and which of them belong into `appBundleIds`: a JSON document for `apps`.

Pure: takes a reading, gives the document that every format renders. What Graph does not show is told and not guessed.
Types: "mobileApp" in the Microsoft Graph reference (beta).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .assignments import Target, read_target
from .live import Collection, Live, Names, Reading
from .marker import parse
from .model import Json, JsonObject
from .rules.vendors import NOTHING, is_apple, is_authenticator, is_microsoft, not_an_app
from .workspace import RuleData

_SORTS = {
    "iosstoreapp": "store",
    "iosvppapp": "vpp",
    "ioslobapp": "lob",
    "iosipadoswebclip": "web-clip",
    "webapp": "web-link",
    "managediosstoreapp": "app-protection",
    "managedioslobapp": "app-protection",
}
_PAGES = ("web-clip", "web-link")
_BUNDLE_ID = re.compile(r"[A-Za-z0-9.-]+")
_STORE_ID = re.compile(r"/id(\d+)")
_INTENTS = ("required", "available", "availableWithoutEnrollment", "uninstall")


def concerns_ios(raw: JsonObject) -> bool:
    """Whether it may come to iPhones and iPads. Entries that every tenant has for app protection are no apps of its."""
    sort = _type(raw).casefold()
    global_entry = str(raw.get("appAvailability") or "").casefold() == "global"
    return (sort in _SORTS or sort.startswith(("ios", "managedios"))) and not global_entry


APPS = Collection(
    "apps",
    "/beta/deviceAppManagement/mobileApps",
    assignments="expanded",
    read_permissions=("DeviceManagementApps.Read.All", "DeviceManagementApps.ReadWrite.All"),
    concerns=concerns_ios,
)
"""Every app in one listing: filters over several types are not known to work."""


def _type(raw: JsonObject) -> str:
    return str(raw.get("@odata.type") or "").rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a bundle id belongs into `appBundleIds`, and why. None: that is not known."""

    belongs: bool | None
    reason: str
    whose: Literal["microsoft", "apple", "other", "unknown"]


def verdict(sort: str, bundle_id: str | None, data: RuleData = NOTHING) -> Verdict:
    """What becomes of one app. Rules: "Set up just-in-time registration in Microsoft Intune", step for bundle ids."""
    if sort in _PAGES:
        return Verdict(False, "a web page opens in another app, and has no bundle id", "unknown")
    if bundle_id is None:
        return Verdict(None, "Graph does not show its bundle id", "unknown")
    if not _BUNDLE_ID.fullmatch(bundle_id):
        return Verdict(None, "what Graph shows is not a bundle id: it has other characters", "unknown")
    if is_authenticator(bundle_id):
        return Verdict(False, "the SSO extension is part of it", "microsoft")
    if is_microsoft(bundle_id, data):
        return Verdict(False, "the SSO extension covers Microsoft's apps by itself", "microsoft")
    if is_apple(bundle_id):
        return Verdict(False, "the SSO extension covers Apple's apps by their prefix", "apple")
    if what := not_an_app(bundle_id):
        return Verdict(False, f"it is {what}", "other")
    return Verdict(True, "an app that is not Microsoft's", "other")


def document(
    reading: Reading, names: Names, *, tenant: JsonObject, search: str | None = None, data: RuleData = NOTHING
) -> JsonObject:
    """The whole answer; `search` keeps the apps whose name or bundle id holds it, without regard to case.

    Objects of a reading that is not complete are apps whose assignments are not known.
    """
    every = [_app(live, names, data, assigned=reading.complete) for live in reading.objects]
    shown = sorted((each for each in every if _holds(each, search)), key=_order)
    problems = [*([f"{reading.collection.path} could not be read: {reading.problem}"] if reading.problem else [])]
    problems += names.problems
    belongs = [each["appBundleIds"] for each in shown]
    words = Counter(str(each["belongs"]) for each in belongs if isinstance(each, dict))
    apps: list[Json] = [*shown]
    return {
        "formatVersion": 1,
        "tenant": tenant,
        "complete": not problems,
        "problems": [*problems],
        "search": search,
        "summary": {
            "inTenant": len(every),
            "shown": len(shown),
            "belong": words["True"],
            "doNotBelong": words["False"],
            "unknown": words["None"],
        },
        "appBundleIds": _listed(shown),
        "apps": apps,
    }


def _holds(app: JsonObject, search: str | None) -> bool:
    wanted = (search or "").casefold()
    return any(wanted in str(app[name] or "").casefold() for name in ("name", "bundleId"))


def _order(app: JsonObject) -> tuple[str, str, str]:
    return str(app["name"]).casefold(), str(app["bundleId"] or ""), str(app["id"])


def _listed(apps: Iterable[JsonObject]) -> list[Json]:
    """The bundle ids for the list of a spec, each once whatever its case."""
    found: dict[str, Json] = {}
    for app in apps:
        told = app["appBundleIds"]
        if isinstance(told, dict) and told["belongs"] is True:
            found.setdefault(str(app["bundleId"]).casefold(), app["bundleId"])
    return [found[key] for key in sorted(found)]


def _app(live: Live, names: Names, data: RuleData, *, assigned: bool) -> JsonObject:
    body = live.body
    kind = _type(body)
    sort = _SORTS.get(kind.casefold(), "other")
    bundle_id = _text(body, "bundleId") or _text(body, "packageId")
    found = verdict(sort, bundle_id, data)
    store = _STORE_ID.search(_text(body, "appStoreUrl") or "")
    return {
        "id": live.id,
        "name": live.display_name,
        "bundleId": bundle_id,
        "type": sort,
        "graphType": kind,
        "storeId": store[1] if store else None,
        "vppToken": _text(body, "vppTokenDisplayName") or _text(body, "vppTokenOrganizationName"),
        "whose": found.whose,
        "managedBy": [*_markers(body)],
        "assignments": [*_assignments(live.assignments, names)] if assigned else None,
        "appBundleIds": {"belongs": found.belongs, "reason": found.reason},
    }


def _text(body: JsonObject, name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) and value else None


def _markers(body: JsonObject) -> Iterator[Json]:
    """The specs, and their owners, that wrote their marker into the app."""
    for name in ("notes", "description"):
        for marker in parse(_text(body, name))[1]:
            yield {"owner": marker.owner, "address": str(marker.address)}


def _assignments(assignments: Sequence[JsonObject], names: Names) -> Iterator[Json]:
    """By intent, then by whom."""
    read = [(str(each.get("intent") or ""), read_target(each.get("target"))) for each in assignments]
    known = {intent.casefold(): intent for intent in _INTENTS}
    for intent, target in sorted(read, key=lambda pair: (pair[0].casefold(), pair[1].key, str(pair[1].filter))):
        yield {"intent": known.get(intent.casefold(), intent), **_told(target, names)}


def _told(target: Target, names: Names) -> JsonObject:
    group = names.groups_by_id.get(target.group)
    chosen = target.filter
    return {
        "exclude": target.exclude,
        "who": target.who,
        "group": group.name if group else None,
        "groupId": target.group if target.who == "group" else None,
        "filter": {"mode": chosen.mode, "id": chosen.id, "name": names.filters_by_id.get(chosen.id)}
        if chosen
        else None,
    }
