"""Decides how objects end: replaced, released, pruned. Part of `decide`; which requests that takes is `lifecycle`'s."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from .diagnostics import Diagnostic, Severity, has_errors
from .diff import field_changes
from .intent import REFUSED, Decided, Intent, fingerprint, name_of
from .kind import Comparison, Kind, Subject, Verb, World
from .lifecycle import (
    Orphan,
    deleting,
    parting,
    protection,
    releases,
    releasing,
    replaced,
    setting_aside,
    subject_of,
    why_not,
)
from .marker import set_aside
from .model import Address
from .plan import Action, Change


def endings(kinds: Mapping[str, Kind], world: World, ended: Sequence[Orphan]) -> Iterator[Decided]:
    """What was asked for beside the specs: objects that are let go, and orphans that are pruned."""
    released = releases(world.consent, kinds, world)
    for address, orphan in released.items():
        yield _released(address, orphan, world)
    if world.consent.prune:
        pruned = [o for o in ended if not o.left and o.address not in released]
        for each in {o.address: o for o in pruned}.values():
            yield _pruned(each, pruned, world)


def replacement(
    kind: Kind, subject: Subject, comparison: Comparison, forced: Sequence[str], problems: list[Diagnostic]
) -> list[Decided]:
    """A new object, and behind everything else the end of the old one, which first gets a marker of its own."""
    address, old, aside = subject.address, subject.live, set_aside(subject.address)
    assert old is not None
    if has_errors(comparison.diagnostics):  # what such a spec wants is not known: nothing can be made of it
        shown = name_of(subject.desired, old)
        refused = Change(address, Action.NO_OP, REFUSED, live_id=old.id, display_name=shown, refused=True)
        return [Decided(refused, None, problems)]
    why = "; ".join(f"/{name} is fixed once the object exists ({kind.immutable[name]})" for name in forced)
    if protection(subject, kind):
        problems.append(
            _protected(subject, f"{why}, and preventDestroy keeps {old.display_name!r} from being replaced")
        )
    if address not in subject.world.consent.replace:
        message = f"{address} can only be changed by replacing {old.display_name!r} ({old.id}): {why}"
        agree = f"agree to that with --allow-replace {address}"
        problems.append(subject.problem("PLAN104", message, agree, ("spec", forced[0])))
    new = replace(subject, live=None)
    made = kind.compare(new)
    change = Change(
        address,
        Action.REPLACE,
        why,
        live_id=old.id,
        display_name=name_of(subject.desired, old),
        fields=field_changes(comparison.found, comparison.wanted, comparison.changed),
        fingerprint=fingerprint(old),
        audience=subject.desired.audience,
    )
    last = Subject(replaced(subject.desired, aside), old, subject.world)
    first = parting(kind)
    ending = setting_aside(kind, first if first and _still_held(first, last) else deleting(kind))
    ended = _ended(ending, last, f"{address} takes its place", replaces=address)
    return [Decided(change, Intent(kind, new, made), problems, waits_for=(aside,)), ended]


def _released(address: Address, orphan: Orphan | None, world: World) -> Decided:
    if orphan is None:
        message = f"no live object carries the marker of {address}, so there is nothing to release"
        problem = Diagnostic(Severity.ERROR, "PLAN106", message, "see `reconciler plan --full`", address=address)
        return Decided(Change(address, Action.NO_OP, REFUSED, refused=True), None, [problem])
    subject = subject_of(orphan, world)
    kind = releasing(orphan.kind)
    problems = []
    if address in world.desired:
        message = f"{address} still has a spec: the next plan will want to take the object over again"
        problem = world.desired[address].problem("PLAN107", message, "remove the spec too", ("metadata", "name"))
        problems.append(replace(problem, severity=Severity.WARNING))
    return _ended(kind, subject, "it is let go: it stays as it is, without our marker", problems=problems)


def _pruned(orphan: Orphan, every: Sequence[Orphan], world: World) -> Decided:
    subject, kind = subject_of(orphan, world), orphan.kind
    if why := why_not(orphan, every):
        message = f"{orphan.address} cannot be pruned: {orphan.live.display_name!r} ({orphan.live.id}): {why}"
        problem = Diagnostic(Severity.ERROR, "PLAN105", message, "see to it by hand", address=orphan.address)
        shown = Change(orphan.address, Action.NO_OP, REFUSED, orphan.live.id, orphan.live.display_name, refused=True)
        return Decided(shown, None, [problem])
    problems = []
    if orphan.marker.protected:
        problems.append(_protected(subject, f"{orphan.live.display_name!r} is protected by preventDestroy"))
    first = parting(kind)
    if first and (kind.shared or _still_held(first, subject)):
        reason = "no spec names it any more: what it had in the shared object is withdrawn"
        if not kind.shared:
            reason = "no spec names it any more: it is withdrawn first, and may be deleted in a later run"
        return _ended(first, subject, reason, problems=problems)
    problems += first.compare(subject).diagnostics if first else ()
    return _ended(deleting(kind), subject, "it carries our marker, and no spec names it any more", problems=problems)


def _still_held(parting: Kind, subject: Subject) -> bool:
    """Whether something has to be withdrawn before the object may go, or cannot be."""
    comparison = parting.compare(subject)
    return bool(comparison.changed) or has_errors(comparison.diagnostics)


def _protected(subject: Subject, why: str) -> Diagnostic:
    address = subject.address
    detail = f"apply preventDestroy: false first, or let go of it with `reconciler release {address}`"
    return subject.problem("PLAN103", f"{address}: {why}", detail, ("spec", "lifecycle"))


def _ended(
    kind: Kind, subject: Subject, reason: str, *, replaces: Address | None = None, problems: Sequence[Diagnostic] = ()
) -> Decided:
    """The change that ends an object, by a kind that `lifecycle` derived."""
    assert subject.live is not None
    comparison = kind.compare(subject)
    refused = has_errors(comparison.diagnostics)
    deletes = any(o.verb is Verb.DELETE for o in kind.write(subject, comparison))
    action = Action.NO_OP if refused else (Action.DELETE if deletes else Action.UPDATE)
    change = Change(
        subject.address,
        action,
        REFUSED if refused else reason,
        live_id=subject.live.id,
        display_name=subject.live.display_name,
        fields=field_changes(comparison.found, comparison.wanted, comparison.changed),
        fingerprint=fingerprint(subject.live),
        refused=refused,
        replaces=replaces,
    )
    return Decided(change, Intent(kind, subject, comparison), [*problems, *comparison.diagnostics])
