"""Imports without files and without rules: what `adopt` is asked with, and what it has to keep for any tenant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.adopting.adopt import Adoption, Terms
from reconciler.adopting.survey import Status
from reconciler.crosscheck import crosscheck
from reconciler.kinds import REGISTRY
from reconciler.model import Address
from reconciler.plan import Plan
from reconciler.spec.load import SpecSet, load


def judged(files: Any) -> SpecSet:
    """What `validate` says without the rule pack: what a tenant holds may be legal and unwise."""
    return crosscheck(load(files), REGISTRY)


def place(address: Address) -> str:
    return f"specs/{address.kind}/{address.name}.yaml"


def terms(files: Mapping[str, str] | None = None, **more: Any) -> Terms:
    """Everything is imported, beside these files."""
    there = {name: text.encode() for name, text in (files or {}).items()}
    known: dict[str, Any] = {
        "kinds": REGISTRY,
        "chosen": frozenset(REGISTRY),
        "place": place,
        "head": lambda _: (),
        "files": there,
        "found": there.get,
        "judge": judged,
    }
    return Terms(**{**known, **more})


def only_markers(plan: Plan, adoption: Adoption) -> None:
    """The law: a plan from what was imported changes nothing but the marker, and takes over what was told."""
    changed = {str(c.address): [f.path for f in c.fields] for c in plan.changes if c.fields}
    assert all(set(paths) == {"/marker"} for paths in changed.values()), changed
    assert not any(change.refused for change in plan.changes), [d.message for d in plan.diagnostics]
    assert sum(change.adopts for change in plan.changes) == adoption.adoptions


def written(adoption: Adoption) -> dict[str, str]:
    """The addresses that got a file, with the id of their object."""
    got = (e for e in adoption.entries if e.status in (Status.WRITTEN, Status.UNCHANGED))
    return {str(e.address): e.live.id if e.live else "" for e in got}
