"""What the workspace file, the waivers and the pins say at two revisions: what differs, and what loosens a guard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from ..model import ABSENT, Absent, Json, JsonObject, pointer
from ..records import masked
from ..rules import REGISTRY
from ..waivers import read
from ..workspace import Tenant, Workspace
from .model import Side, State

_DEEP = frozenset({"limits", "rules", "names", "ruleData", "support", "auth"})
"""Members that are compared by their own members."""
_LIMITS = {
    "deletes": "deletes", "assignment_removals": "assignmentRemovals", "adoptions": "adoptions",
    "affected_people": "affectedPeople", "unassigned_profiles": "unassignedProfiles", "last_profile": "lastProfile",
}  # fmt: skip
_RANKS = ("none", "info", "warning", "error")
Flat = Mapping[str, Json]


def of_workspace(before: Side, after: Side) -> list[JsonObject]:
    """What is set for all tenants, and the tenants that came and went."""
    old, new = _whole(before.workspace), _whole(after.workspace)
    changes = [*_changes(old, new)]
    for name in sorted({*_names(before), *_names(after)}):
        if (name in _names(before)) != (name in _names(after)):
            came = name in _names(after)
            says = "a new tenant" if came else "nothing of this tenant is managed from here any more"
            changes.append(_change(pointer(("tenants", name)), None if came else name, name if came else None, says))
    return changes


def of_tenant(before: State | None, after: State | None) -> list[JsonObject]:
    """What is set for one tenant, its limits as they count there, its waivers, and its pins."""
    old, new = _tenant(before), _tenant(after)
    return [*_changes(old, new)] if before and after else []


def _names(side: Side) -> frozenset[str]:
    return frozenset(side.workspace.tenants) if side.workspace else frozenset()


def _whole(workspace: Workspace | None) -> dict[str, Json]:
    value = workspace.document.value if workspace and workspace.document else {}
    own = value if isinstance(value, dict) else {}
    return dict(_flat({k: v for k, v in own.items() if k not in ("tenants", "apiVersion", "kind", "limits")}))


def _tenant(state: State | None) -> dict[str, Json]:
    if state is None:
        return {}
    limits = {f"/limits/{_LIMITS[name]}": value for name, value in asdict(state.tenant.limits).items()}
    waivers = {f"/waivers/{w.address.name}": {**w.to_json(), "value": _plain(w.value)} for w in read(state.specs)}
    pins = {
        pointer(("pins", section, name)): live_id
        for section, entries in (state.pins.sections() if state.pins else ())
        for name, live_id in entries.items()
    }
    return {**dict(_flat(_own(state.tenant))), **limits, **waivers, **pins}


def _own(tenant: Tenant) -> JsonObject:
    provided: list[Json] = [each.to_json() for each in tenant.provided]
    freeze: Json = None
    if tenant.freeze:
        freeze = {"until": tenant.freeze.until.isoformat(), "reason": tenant.freeze.reason}
    auth: JsonObject = {purpose: masked(value) for purpose, value in tenant.auth.items()}
    names = {f"{sort}/{name}": called for sort, known in asdict(tenant.names).items() for name, called in known.items()}
    shown: JsonObject = {"tenantId": tenant.tenant_id, "cloud": tenant.cloud, "graph": tenant.graph, "auth": auth}
    return {**shown, "provided": provided or None, "freeze": freeze, "names": {**names}}


def _plain(value: Json | Absent) -> Json:
    return None if isinstance(value, Absent) else value


def _flat(value: JsonObject) -> Iterator[tuple[str, Json]]:
    for name, member in value.items():
        if name in _DEEP and isinstance(member, dict):
            yield from ((f"/{name}/{key}", masked(inner)) for key, inner in member.items())
        elif member is not None:
            yield pointer((name,)), masked(member)


def _changes(old: Flat, new: Flat) -> Iterator[JsonObject]:
    for path in sorted({*old, *new}):
        was, now = old.get(path, ABSENT), new.get(path, ABSENT)
        if was != now and (_plain(was), _plain(now)) != (None, None):
            yield _change(path, _plain(was), _plain(now), *_says(path, _plain(was), _plain(now)))


def _change(path: str, before: Json, after: Json, says: str | None = None, loosens: bool = False) -> JsonObject:
    shown: JsonObject = {"path": path, "before": before, "after": after, "says": says}
    return {**shown, "loosens": True} if loosens else shown


def _says(path: str, before: Json, after: Json) -> tuple[str | None, bool]:
    """What it means, and whether less is refused or told than before."""
    section, _, name = path[1:].partition("/")
    said = _SAYS.get(section)
    return said(name, before, after) if said else (None, False)


def _limit(name: str, before: Json, after: Json) -> tuple[str | None, bool]:
    if after is None:
        return f"a run may do any number of {name}", True
    looser = isinstance(before, int) and isinstance(after, int) and after > before
    return f"a run may do {after} {name} at most", looser


def _rule(name: str, before: Json, after: Json) -> tuple[str | None, bool]:
    rule = REGISTRY.get(name)
    shipped = str(rule.severity) if rule else "error"
    was, now = _severity(before, shipped), _severity(after, shipped)
    looser = _RANKS.index(now) < _RANKS.index(was)
    if now == "none":
        return f"findings of {name} do not count any more: {_reason(after)}", looser
    return f"findings of {name} count as {now}", looser


def _severity(setting: Json, shipped: str) -> str:
    return str(setting.get("severity")) if isinstance(setting, dict) else shipped


def _reason(setting: Json) -> str:
    return str(setting.get("reason") or "without a reason") if isinstance(setting, dict) else ""


def _freeze(name: str, before: Json, after: Json) -> tuple[str | None, bool]:
    until = _until(after)
    looser = _until(before) is not None and (until is None or until < (_until(before) or until))
    return ("apply is not refused any more" if after is None else "apply refuses until then"), looser


def _until(freeze: Json) -> datetime | None:
    return datetime.fromisoformat(str(freeze["until"])).astimezone(UTC) if isinstance(freeze, dict) else None


def _provided(name: str, before: Json, after: Json) -> tuple[str | None, bool]:
    more = _parts(after) - _parts(before)
    told = f"others are said to provide {', '.join(sorted(more))}: gaps there are not asked for any more"
    return (told, True) if more else ("these parts of the chain are asked for again", False)


def _parts(provided: Json) -> set[str]:
    listed: Iterable[Json] = provided if isinstance(provided, list) else ()
    return {str(each["part"]) for each in listed if isinstance(each, dict)}


def _waiver(name: str, before: Json, after: Json) -> tuple[str | None, bool]:
    if after is None:
        return "this departure counts again", False
    assert isinstance(after, dict), "waivers are told as objects"
    what = after.get("rule") or after.get("path")
    says = f"{what} of {after.get('address')} is tolerated until {after.get('expires')}: {after.get('reason')}"
    was = before if isinstance(before, dict) else {}
    other = was != {**after, "expires": was.get("expires")}
    return says, other or str(after.get("expires")) > str(was.get("expires"))


def _pin(name: str, before: Json, after: Json) -> tuple[str | None, bool]:
    if before is not None and after is not None:
        return "this name stands for another id from now on", True
    return ("not pinned any more" if after is None else None), after is None


def _owners(name: str, before: Json, after: Json) -> tuple[str | None, bool]:
    return "objects with the marker of these owners are taken for ours", after is not None


_SAYS: Mapping[str, Callable[[str, Json, Json], tuple[str | None, bool]]] = {
    "limits": _limit,
    "rules": _rule,
    "freeze": _freeze,
    "provided": _provided,
    "waivers": _waiver,
    "pins": _pin,
    "owner": lambda *_: ("what carries the marker of the former owner is ours only if previousOwners names it", True),
    "previousOwners": _owners,
    "ruleData": lambda *_: ("what rules know of apps and keys changes, so they may tell less", True),
    "tenantId": lambda *_: ("another directory is meant", True),
    "auth": lambda *_: ("sign-in changes", False),
    "names": lambda *_: ("what the specs call so is another thing in this tenant", False),
}
