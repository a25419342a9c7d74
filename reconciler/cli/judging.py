"""What the rules say of a tenant as a plan has read it: of objects without a spec, and of what specs leave as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from .. import rules
from ..chain import refused
from ..decide import Planned
from ..diagnostics import Diagnostic, Severity
from ..facts import App, Compliance, Fact, Profile, SsoPolicy
from ..identity import markers_of
from ..kind import Kind
from ..live import Live
from ..rules import allowed_rules, tenant_rules
from ..rules.listed import apps
from ..rules.model import Context, Declared, Shown

F = TypeVar("F", bound=Fact)


def judged(planned: Planned, context: Context) -> list[Diagnostic]:
    """Warnings and infos: nothing here is what the plan would write.

    Of objects that no spec stands for only mistakes are told, whatever the workspace makes of them: recommendations
    about what is not to be changed from here are the matter of `doctor`.
    """
    foreign = rules.live(_unmanaged(planned), context)
    return [
        *(found for found in foreign if rules.REGISTRY[found.rule].severity is Severity.ERROR),
        *rules.carried(_carried(planned), context),
        *_unknown_apps(planned, context),
        *_unknown_policies(planned),
    ]


def _unmanaged(planned: Planned) -> Iterator[Shown]:
    """Live objects that no spec stands for, each once: kinds may share a collection."""
    world, seen = planned.world, {m.live.id for m in planned.world.matches.values() if m.live}
    unmatched = refused.unmatched(planned)
    for kind in planned.kinds.values():
        for live in world.objects((*kind.collections, *kind.also_reads)):
            known = live.id in seen or any(refused.may_mean(d, kind, live, world.tenant) for d in unmatched)
            fact = None if known else kind.shows(live)
            if fact is not None:
                seen.add(live.id)
                yield Shown(fact, live.display_name, kind.name, live.id, owner=_owner(kind, live, world.owners))


def _owner(kind: Kind, live: Live, owners: Sequence[str]) -> str | None:
    """Whose object it is by its marker, if not ours. What is shared is nobody's."""
    markers = markers_of(live, kind.marker_field) if kind.marker_field and not kind.shared else ()
    return next((marker.owner for marker in markers if marker.owner not in owners), None)


def _carried(planned: Planned) -> Iterator[Shown]:
    unsettled = refused.addresses(planned)
    for address, match in ((a, m) for a, m in planned.world.matches.items() if a not in unsettled):
        kind, desired = planned.kinds.get(address.kind), planned.world.desired.get(address)
        fact = kind.carries(desired, match.live) if kind and desired and match.live else None
        if kind and match.live and fact is not None:
            yield Shown(fact, match.live.display_name, kind.name, match.live.id, managed=address)


def _unknown_apps(planned: Planned, context: Context) -> Iterator[Diagnostic]:
    """Bundle ids of policies that no app of the tenant has, each told once, where all its apps could be read.

    Where no app tells its bundle id there is nothing to compare with: people may have the apps from elsewhere.
    """
    present = _all(App, planned) or []
    if not any(app.bundle_id for app in present):
        return
    told: set[str] = set()
    for each in _declared(planned, SsoPolicy):
        if isinstance(each.fact, SsoPolicy):
            for finding in allowed_rules.unknown_bundle_ids(each.fact, present, context, told=told):
                yield rules.diagnostic(rules.REGISTRY["JIT210"], finding, each.desired)
            told |= {item.id for item in apps(each.fact, context).usable}


def _unknown_policies(planned: Planned) -> Iterator[Diagnostic]:
    """Compliance policies that profiles name and the tenant has not, where all could be read.

    Of one that a spec assigns, that spec says it.
    """
    present = _all(Compliance, planned)
    declared = _declared(planned, Compliance, Profile)
    assigned = [each.fact for each in declared if isinstance(each.fact, Compliance)]
    for each in declared if present is not None else ():
        if isinstance(each.fact, Profile):
            for finding in tenant_rules.unknown_policies(each.fact, [*(present or ()), *assigned]):
                yield rules.diagnostic(rules.REGISTRY["JIT552"], finding, each.desired)


def _declared(planned: Planned, *nouns: type[Fact]) -> list[Declared]:
    """What the specs declare, of kinds that may declare these nouns: other facts are not even made."""
    meant = {kind.name for kind in planned.kinds.values() if set(nouns) & set(kind.nouns)}
    specs = (desired for address, desired in planned.world.desired.items() if address.kind in meant)
    return rules.declarations(specs, planned.kinds)


def _all(noun: type[F], planned: Planned) -> list[F] | None:
    """Everything of this sort that the tenant has; None where not all of it could be read."""
    sources = [kind for kind in planned.kinds.values() if noun in kind.nouns]
    if any(not planned.world.readings[c.key].complete for kind in sources for c in kind.collections):
        return None
    shown = (kind.shows(live) for kind in sources for live in planned.world.objects(kind.collections))
    return [fact for fact in shown if isinstance(fact, noun)]
