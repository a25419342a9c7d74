"""Two revisions to the document of `compare` (`schemas/v1/compare.json`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .. import __version__
from ..canonical import canonical
from ..kind import Kind
from ..model import Json, JsonObject
from . import findings, settings
from .addresses import differences, doubtful
from .model import Side, State
from .order import order

FORMAT_VERSION = 1
WORDS = ("added", "removed", "renamed", "changed")


def document(before: Side, after: Side, kinds: Mapping[str, Kind], *, only: str | None = None) -> JsonObject:
    """What changes from one side to the other. `only` is a tenant; else all that either side has.

    Tenants for which the same changes are told once, together.
    """
    comparable = before.problem is None
    groups = _together(_tenants(before, after, kinds, only)) if comparable else []
    workspace = settings.of_workspace(before, after) if comparable and before.workspace else []
    found = findings.compared(before, after)
    return {
        "formatVersion": FORMAT_VERSION,
        "tool": {"name": "reconciler", "version": __version__},
        "owner": after.workspace.owner if after.workspace else None,
        "tenant": only,
        "before": before.to_json(),
        "after": after.to_json(),
        "valid": findings.is_valid(after),
        "summary": _summary(groups, workspace, found),
        "settings": [*workspace],
        "tenants": [*groups],
        "findings": found,
    }


def changes_anything(shown: JsonObject) -> bool:
    """Whether anything differs that is asked of a tenant, or that guards it."""
    counts: Any = shown["summary"]
    return any(counts[word] for word in (*WORDS, "settings", "reordered"))


def _tenants(before: Side, after: Side, kinds: Mapping[str, Kind], only: str | None) -> Iterable[JsonObject]:
    for name in dict.fromkeys((*after.states, *before.states)):
        if only in (None, name):
            was, now = before.states.get(name), after.states.get(name)
            yield {"tenants": [_ref(name, was, now)], **_tenant(was, now, kinds)}


def _ref(name: str, was: State | None, now: State | None) -> JsonObject:
    state = now or was
    assert state is not None, "a tenant is on one side at least"
    word = "added" if was is None else "removed" if now is None else "kept"
    return {"name": name, "tenantId": state.tenant.tenant_id, "change": word}


def _tenant(was: State | None, now: State | None, kinds: Mapping[str, Kind]) -> JsonObject:
    """Of a tenant that is no longer in the workspace nothing is told: nothing of it changes by itself."""
    unclear = doubtful(was, now)
    found = differences(was, now, kinds) if now else []
    return {
        "changes": [each.to_json(kinds.get(each.address.kind)) for each in found],
        "unchanged": len(now.specs.desired) - sum(each.new is not None for each in found) if now else 0,
        "order": order(was, now, kinds) if now else None,
        "settings": [*settings.of_tenant(was, now)],
        "uncertain": None if unclear is None else [*sorted(unclear)],
    }


def _together(tenants: Iterable[JsonObject]) -> list[JsonObject]:
    found: dict[str, JsonObject] = {}
    for each in tenants:
        names: Any = each["tenants"]
        same = canonical([names[0]["change"], {k: v for k, v in each.items() if k != "tenants"}])
        if same in found:
            held: Any = found[same]["tenants"]
            held.extend(names)
        else:
            found[same] = each
    return [*found.values()]


def _summary(groups: Iterable[JsonObject], workspace: list[JsonObject], found: JsonObject) -> JsonObject:
    """Counts over all tenants: an address that changes for several of them counts once."""
    told: list[Any] = [*groups]
    changes = {(change["address"], change["change"]) for group in told for change in group["changes"]}
    set_ = [*workspace, *(each for group in told for each in group["settings"])]
    counts: dict[str, Json] = {word: sum(what == word for _, what in changes) for word in WORDS}
    new, gone = found["new"], found["gone"]
    return {
        **counts,
        "reordered": sum(group["order"] is not None for group in told),
        "settings": len(set_),
        "loosened": sum(each.get("loosens") is True for each in set_),
        "newFindings": len(new) if isinstance(new, list) else 0,
        "goneFindings": len(gone) if isinstance(gone, list) else 0,
    }
