"""Specs and a tenant from plain data: what `spec.load` and `engine.refresh` would give. For cases and for laws.

A tenant is a mapping: collection key to the list of objects as Graph answers them, each with its `assignments`.
Names are `groups`, `filters` and `scopeTags` (name to id, or to several ids) and `gone` (ids of deleted groups).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from reconciler import waivers
from reconciler.crosscheck import crosscheck
from reconciler.decide import Planned, match_all, plan
from reconciler.engine.names import filter_names, joined
from reconciler.kind import Consent, World
from reconciler.kinds import REGISTRY
from reconciler.live import Group, Names, Reading, live_object
from reconciler.model import Address
from reconciler.plan import TenantRef
from reconciler.spec.load import SpecSet, load

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
OWNER = "contoso"
TENANT = TenantRef("sandbox", "11111111-1111-4111-8111-111111111111", "emulator")
COLLECTIONS = {c.key: c for kind in REGISTRY.values() for c in kind.collections}
_API_VERSION = "intune.reconciler/v1"
_DEFAULT_TAGS = {"Default": "0"}


def document(kind: str, name: str, spec: Mapping[str, Any], **metadata: Any) -> dict[str, Any]:
    """A spec document."""
    return {"apiVersion": _API_VERSION, "kind": kind, "metadata": {"name": name, **metadata}, "spec": dict(spec)}


def text_of(documents: Iterable[Mapping[str, Any]]) -> bytes:
    """Documents as one file; JSON is YAML, and keeps every type as it is."""
    whole = ({"apiVersion": _API_VERSION, **each} for each in documents)
    return "\n---\n".join(json.dumps(each, ensure_ascii=False, indent=1) for each in whole).encode()


def specs_of(*files: Sequence[Mapping[str, Any]]) -> SpecSet:
    """The spec set of files, each a list of documents, checked as `validate` does."""
    named = [(f"specs/{index}.yaml", text_of(documents)) for index, documents in enumerate(files)]
    return waivers.check(crosscheck(load(named), REGISTRY))


def names_of(known: Mapping[str, Any]) -> Names:
    """The names of a tenant."""
    groups = {name: tuple(Group(i, name) for i in _several(ids)) for name, ids in (known.get("groups") or {}).items()}
    by_id = {group.id: group for same in groups.values() for group in same}
    filters = {name: _several(ids) for name, ids in (known.get("filters") or {}).items()}
    tags = {name: _several(ids) for name, ids in {**_DEFAULT_TAGS, **(known.get("scopeTags") or {})}.items()}
    return Names(
        groups=groups,
        groups_by_id={**by_id, **{i: Group(i, None) for i in known.get("gone") or ()}},
        filters=filters,
        filters_by_id={i: name for name, ids in filters.items() for i in ids},
        scope_tags=tags,
        scope_tags_by_id={i: name for name, ids in tags.items() for i in ids if len(ids) == 1},
        suggestions={name: tuple(like) for name, like in (known.get("suggestions") or {}).items()},
        problems=tuple(known.get("problems") or ()),
    )


def _several(ids: Any) -> tuple[str, ...]:
    return tuple(ids) if isinstance(ids, list) else (str(ids),)


def world_of(
    specs: SpecSet,
    tenant: Mapping[str, Any],
    names: Mapping[str, Any],
    *,
    previous_owners: tuple[str, ...] = (),
    unread: Mapping[str, str] | None = None,
    consent: Mapping[str, Any] | None = None,
) -> World:
    """The world as `engine.refresh` would give it. `unread` says of a collection why it could not be read.

    `consent` is what was agreed to, as a plan file has it.
    """
    readings = {
        key: Reading(
            collection,
            tuple(live_object(collection, raw) for raw in tenant.get(key) or ()),
            (unread or {}).get(key),
        )
        for key, collection in COLLECTIONS.items()
    }
    agreed = Consent.from_json(consent or {})
    listed = filter_names([{**o.body, "id": o.id} for o in readings["assignmentFilters"].objects], {})
    world = World(
        OWNER, TENANT.name, joined(names_of(names), listed), readings, specs.desired, previous_owners, consent=agreed
    )
    return match_all(REGISTRY, world)


def plan_of(specs: SpecSet, world: World, selected: frozenset[Address] | None = None) -> Planned:
    """The plan at a fixed instant."""
    return plan(REGISTRY, specs, world, tenant=TENANT, now=NOW, selected=selected)
