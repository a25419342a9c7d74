"""Decides how objects end: replaced, released, pruned. Part of `decide`; which requests that takes is `lifecycle`'s."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from .diagnostics import Diagnostic, Severity, has_errors
from .diff import field_changes
from .identity import owned_by
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
from .ownership import own_marker
from .plan import Action, Change


def endings(
    kinds: Mapping[str, Kind], world: World, ended: Sequence[Orphan], written: dict[Address, str]
) -> Iterator[Decided]:
    """What was asked for beside the specs: objects that are let go, and orphans that are pruned.

    `written` are the ids of the objects that other changes of the plan write, by address: what is taken out of a
    shared object is worked out from what it holds now, so it is not done in the same run.
    """
    released = releases(world.consent, kinds, world, ended)
    for address, found in released.items():
        yield _released(address, found, world)
    if world.consent.prune:
        pruned = [o for o in ended if o.address not in released]
        for each in {o.address: o for o in pruned}.values():
            busy = next((a for a, i in written.items() if i == each.live.id and a != each.address), None)
            yield _pruned(each, pruned, world) if busy is None else _put_off(each, busy)
            written.setdefault(each.address, each.live.id)


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
    problems += _not_ours_to_replace(kind, subject, why)
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


def _not_ours_to_replace(kind: Kind, subject: Subject, why: str) -> Iterator[Diagnostic]:
    """An object is replaced only once it is ours for certain, and once the last one that was replaced has gone."""
    assert subject.live is not None
    assert kind.marker_field
    if own_marker(subject, kind.marker_field) is None:
        message = f"{subject.live.display_name!r} ({subject.live.id}) does not carry our marker, and {why}"
        yield subject.problem(
            "PLAN108", message, "take it over with the value that it has first, and replace it in a later run"
        )
    aside = set_aside(subject.address)
    objects = subject.world.objects(kind.collections)
    if any(aside in owned_by(live, kind.marker_field, subject.world.owners) for live in objects):
        message = f"{aside}, which an earlier replacement of {subject.address} left, is still there"
        yield subject.problem("PLAN109", message, "see it go with --prune first")


def _released(address: Address, found: Sequence[Orphan], world: World) -> Decided:
    if len(found) != 1:
        ids = ", ".join(sorted(orphan.live.id for orphan in found))
        message = f"no live object carries the marker of {address}, so there is nothing to release"
        detail = "it is written Kind/name, as the marker has it: see what `reconciler plan` lists as orphaned"
        if found:
            message = f"{len(found)} live objects carry the marker of {address}: {ids}"
            detail = "the portal's Duplicate copies it: remove the marker line from the copy"
        problem = Diagnostic(Severity.ERROR, "PLAN106", message, detail, address=address)
        return Decided(Change(address, Action.NO_OP, REFUSED, refused=True), None, [problem])
    orphan = found[0]
    subject = subject_of(orphan, world)
    kind = releasing(orphan.kind)
    problems = []
    if address in world.desired:
        message = f"{address} still has a spec: the next plan will want to take the object over again"
        problem = world.desired[address].problem("PLAN107", message, "remove the spec too", ("metadata", "name"))
        problems.append(replace(problem, severity=Severity.WARNING))
    return _ended(kind, subject, "it is let go: it stays as it is, without our marker", problems=problems)


def _put_off(orphan: Orphan, other: Address) -> Decided:
    reason = f"no spec names it any more; {other} changes the same object in this plan, so prune it in the next run"
    return Decided(Change(orphan.address, Action.NO_OP, reason, orphan.live.id, orphan.live.display_name))


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
        why = "its spec stands for another object now" if orphan.left else "no spec names it any more"
        reason = f"{why}: what it had in the shared object is withdrawn"
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
