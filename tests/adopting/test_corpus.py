"""Every tenant that the kinds have cases of, imported: each object is told once, the plan is empty but for markers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.adopting.adopt import adopt
from reconciler.adopting.survey import Status
from reconciler.kind import World
from reconciler.kinds import REGISTRY
from reconciler.spec.load import SpecSet
from tests.kinds.test_cases import FILES, read
from tests.kinds.world import plan_of, specs_of, world_of

from .given import judged, only_markers, terms

NONE = specs_of()
DONE = (Status.WRITTEN, Status.UNCHANGED)


def tenant(case: dict[str, Any], specs: SpecSet = NONE) -> World:
    """The tenant of a case, matched with these specs instead of its own."""
    owners = tuple(case.get("previousOwners") or ())
    return world_of(specs, case["live"], case.get("names") or {}, previous_owners=owners)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_plan_from_what_was_imported_is_empty_but_for_markers(file: Path) -> None:
    case = read(file)
    world = tenant(case)
    adoption = adopt(world, terms())
    told = Counter((e.kind.name, e.live.id) for e in adoption.entries if e.live)
    every = [(k.name, o.id) for k in REGISTRY.values() for o in world.objects(k.collections) if k.expresses(o, world)]
    assert told == Counter(every)
    assert all(e.reason or e.findings for e in adoption.entries if e.status not in DONE)
    specs = judged([(name, text.encode()) for name, text in adoption.files.items()])
    assert specs.valid
    known = replace(tenant(case, specs), names=world.names)
    only_markers(plan_of(specs, known).plan, adoption)
    again = adopt(known, terms(adoption.files))
    assert again.files == {}
