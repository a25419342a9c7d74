"""Decides what to do: desired and live state to a plan, by pure functions. Sends nothing, reads no clock.

Every spec is matched to its live object (`match_all`), compared, and turned into operations by its kind; `order` puts
them into their order. The result is a `Plan` together with what apply needs beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from .assignments import named_sorts
from .basis import rests_on
from .canonical import digest
from .diagnostics import Diagnostic, Severity, has_errors
from .diff import field_changes
from .endings import endings, replacement
from .identity import markers_of, owned_by
from .intent import REFUSED, Decided, Intent, fingerprint, name_of
from .kind import Comparison, Kind, Match, Subject, World, is_reference
from .lifecycle import Orphan, orphans
from .marker import set_aside
from .model import Address, JsonObject
from .named import mentioned, still_used, with_drops, with_named
from .order import Draft, Schedule, merge_assigns, schedule
from .plan import Action, Change, Plan, Step, TenantRef
from .spec.load import Desired, SpecSet
from .tolerated import tolerate
from .waivers import aged, read


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan together with what stands behind each of its changes."""

    plan: Plan
    intents: Mapping[Address, Intent]
    world: World
    schedule: Schedule
    kinds: Mapping[str, Kind]

    @property
    def as_specified(self) -> tuple[Address, ...]:
        """The specs whose live objects are as they say, whether they were selected or not."""
        still = (c.address for c in self.plan.changes if c.action is Action.NO_OP and not c.refused)
        return tuple(a for a in still if a in self.intents and not self.intents[a].comparison.changed)


def match_all(kinds: Mapping[str, Kind], world: World) -> World:
    """The world with every spec matched to its live object; two specs never get the same one."""
    for kind in kinds.values():
        found = {a: kind.find(d, world) for a, d in sorted(world.desired.items()) if a.kind == kind.name}
        world = replace(world, matches={**world.matches, **_distinct(found, world.desired)})
    return world


def _distinct(matches: Mapping[Address, Match], desired: Mapping[Address, Desired]) -> dict[Address, Match]:
    takers: dict[str, list[Address]] = {}
    for address, match in matches.items():
        if match.live:
            takers.setdefault(match.live.id, []).append(address)
    checked = dict(matches)
    for live_id, addresses in takers.items():
        if len(addresses) < 2:
            continue
        for address in addresses:
            others = ", ".join(str(other) for other in addresses if other != address)
            finding = desired[address].problem(
                "IDENT107",
                f"{address} and {others} stand for the same live object {live_id}",
                "one object has one spec: merge them, or rename one",
                ("metadata", "name"),
            )
            checked[address] = Match(None, "none", (finding,))
    return checked


def plan(
    kinds: Mapping[str, Kind],
    specs: SpecSet,
    world: World,
    *,
    tenant: TenantRef,
    now: datetime,
    selected: frozenset[Address] | None = None,
) -> Planned:
    """Decide what to do. `world` has been matched (`match_all`); `selected` restricts which changes run."""
    world = with_named(kinds, replace(world, selected=selected, indexes={**world.indexes}))
    today = now.astimezone(UTC).date()
    tolerated = tolerate(kinds, specs, world, today)
    world = tolerated.world
    findings = [*specs.diagnostics, *incomplete(world), *_partial(world), *tolerated.diagnostics]
    findings += _aged(specs, today, world)
    intents: dict[Address, Intent] = {}
    drafts: dict[Address, Draft] = {}
    changes: dict[Address, Change] = {}
    ended = orphans(kinds, world)
    unmade = any(map(is_reference, world.names.filters_by_id))
    for decided in _all_decided(kinds, world, ended):
        change, intent, problems = decided.change, decided.intent, decided.problems
        address = change.address
        if selected is not None and (change.replaces or address) not in selected:
            change, problems = _not_selected(change), [problem.noted() for problem in problems]
        findings += problems
        changes[address] = change
        if intent:
            intents[address] = intent
        if change.action is not Action.NO_OP and intent:
            operations = list(intent.kind.write(intent.subject, intent.comparison))
            named = tuple(sorted(mentioned(operations) - {address})) if unmade else ()
            waits_for = (*decided.waits_for, *named)
            drafts[address] = Draft(intent.kind, intent.subject.desired, operations, waits_for=waits_for, names=named)
    findings += _renamed(changes.values(), ended)
    with_drops(drafts, intents)
    merge_assigns(drafts)
    schedule_ = schedule(drafts)
    placed = _placed(changes, drafts, schedule_)
    findings += [*_unresolved(drafts, changes, world), *still_used(changes, drafts, world)]
    made = Plan(
        tenant=tenant,
        owner=world.owner,
        created_at=now,
        spec_digest=specs.digest,
        changes=tuple(placed),
        complete=not any(reading.problem for reading in world.readings.values()) and not world.names.problems,
        orphaned=tuple(o.to_json() for o in ended if o.address not in changes),
        unmanaged=tuple(_unmanaged(kinds, world)),
        diagnostics=tuple(sorted(findings, key=lambda d: d.sort_key)),
        consent=world.consent,
        waived=(*specs.waived, *tolerated.waived),
    )
    planned = Planned(made, intents, world, schedule_, kinds)
    return replace(planned, plan=replace(made, rests_on=rests_on(planned)))


def _aged(specs: SpecSet, today: date, world: World) -> Iterator[Diagnostic]:
    """Waivers that have expired, or soon will. One for something that is not selected, or let go, blocks nothing."""
    for waiver in read(specs):
        chosen = world.selected is None or waiver.of in world.selected
        blocks = chosen and waiver.of not in world.consent.release
        yield from (found if blocks else found.noted() for found in aged([waiver], today))


def _not_selected(change: Change) -> Change:
    """A change that is not selected: it is shown, does nothing, and blocks nothing."""
    if change.action is Action.NO_OP and not change.refused:
        return change
    reason = f"not selected; otherwise: {'' if change.refused else f'{change.action}, '}{change.reason}"
    return replace(change, action=Action.NO_OP, reason=reason, refused=False, adopts=False, may_need=0)


def _in_order_of_kinds(kinds: Mapping[str, Kind], world: World) -> list[Address]:
    rank = {name: index for index, name in enumerate(kinds)}
    return sorted((a for a in world.desired if a.kind in rank), key=lambda a: (rank[a.kind], a))


def incomplete(world: World) -> list[Diagnostic]:
    """What could not be read to its end. Nothing may be decided, or written down, from such a world."""
    unread = (reading for reading in world.readings.values() if reading.problem)
    problems = [f"{r.collection.path} could not be read: {r.problem}" for r in unread]
    problems += world.names.problems
    return [Diagnostic(Severity.ERROR, "READ101", each, _how_to_read(each)) for each in dict.fromkeys(problems)]


def _how_to_read(problem: str) -> str:
    forbidden = "refused with 403" in problem
    remedy = "`reconciler permissions` lists what has to be granted" if forbidden else "run again"
    return f"nothing is planned from an incomplete reading; {remedy}"


def _partial(world: World) -> Iterator[Diagnostic]:
    """What could not be read beside the objects that the plan is about."""
    for path, why in sorted((r.collection.path, r.problem) for r in world.also.values() if r.problem):
        message = f"{path} could not be read: {why}"
        yield Diagnostic(Severity.WARNING, "READ102", message, "whether it has the same in another form is not known")


def _all_decided(kinds: Mapping[str, Kind], world: World, ended: Sequence[Orphan]) -> Iterator[Decided]:
    seen: set[Address] = set()
    written: dict[Address, str] = {}
    for address in _in_order_of_kinds(kinds, world):
        if address in world.consent.release:
            continue
        for decided in _decided(kinds[address.kind], address, world):
            change = decided.change
            selected = world.selected is None or address in world.selected
            if selected and change.live_id and change.action is not Action.NO_OP:
                written[change.address] = change.live_id
            seen.add(change.address)
            yield decided
    yield from (each for each in endings(kinds, world, ended, written) if each.change.address not in seen)


def _decided(kind: Kind, address: Address, world: World) -> list[Decided]:
    match = world.matches[address]
    unread = [c for c in kind.collections if not world.readings[c.key].complete]
    unresolved = named_sorts(world.desired[address].spec) & world.names.unread
    if unread or unresolved or match.refused:
        what = "its live state" if unread else "what it names"
        reason = f"{what} could not be read" if unread or unresolved else REFUSED
        shown = name_of(world.desired[address], match.live)
        change = Change(address, Action.NO_OP, reason, display_name=shown, refused=True)
        return [Decided(change, None, [*match.diagnostics, *_misnamed(world.desired[address], world)])]
    subject = Subject(world.desired[address], match.live, world)
    comparison = kind.compare(subject)
    problems = [*match.diagnostics, *comparison.diagnostics]
    if forced := [name for name in comparison.changed if match.live and name in kind.immutable]:
        return replacement(kind, subject, comparison, forced, problems)
    return [Decided(*_change(kind, subject, match, comparison, problems))]


def _misnamed(desired: Desired, world: World) -> list[Diagnostic]:
    """Names that stand for nothing in a spec that is not compared: all mistakes of a spec are told at once."""
    found = Subject(desired, None, world).targets()[1]
    unread = named_sorts(desired.spec) & world.names.unread
    return [] if unread else [problem for problem in found if problem.severity is Severity.ERROR]


def _change(
    kind: Kind, subject: Subject, match: Match, comparison: Comparison, problems: list[Diagnostic]
) -> tuple[Change, Intent, list[Diagnostic]]:
    address = subject.address
    refused = has_errors(problems)
    action = _action(kind, match, comparison, refused)
    change = Change(
        address,
        action,
        REFUSED if refused else _reason(action, kind, subject, match, comparison),
        live_id=match.live.id if match.live else None,
        display_name=name_of(subject.desired, match.live),
        fields=field_changes(comparison.found, comparison.wanted, comparison.changed),
        fingerprint=_fingerprint(kind, subject),
        adopts=match.adopts and not refused,
        refused=refused,
        audience=subject.desired.audience,
        may_need=0 if action is Action.NO_OP else kind.may_need(subject, comparison),
        ladder=kind.ladder(subject, comparison),
    )
    return change, Intent(kind, subject, comparison), problems


def _renamed(changes: Iterable[Change], ended: Sequence[Orphan]) -> Iterator[Diagnostic]:
    """A spec that makes a new object while one of its kind has lost its spec may be the same under a new name."""
    for change in changes:
        same = [o for o in ended if change.action is Action.CREATE and o.kind.name == change.address.kind]
        olds = [o for o in same if o.address != set_aside(change.address)]
        if olds:
            names = ", ".join(f"{o.live.display_name!r} ({o.address.name})" for o in olds)
            message = f"{change.address} makes a new object, while no spec names {names} any more: was it renamed?"
            detail = f"if so, write metadata.previousNames: [{olds[0].address.name}]"
            yield Diagnostic(Severity.WARNING, "IDENT112", message, detail, address=change.address)


def _action(kind: Kind, match: Match, comparison: Comparison, refused: bool) -> Action:
    if refused or not comparison.changed:
        return Action.NO_OP
    if comparison.deletes:
        return Action.DELETE
    return Action.CREATE if match.live is None and kind.marker_field else Action.UPDATE


def _reason(action: Action, kind: Kind, subject: Subject, match: Match, comparison: Comparison) -> str:
    if action is Action.NO_OP:
        return "as specified"
    if action is Action.CREATE:
        return "the tenant has none" if kind.shared else "no live object carries its marker or its name"
    count = len(comparison.changed)
    fields = kind.reason(subject, comparison) or f"{count} managed field{'s differ' if count > 1 else ' differs'}"
    if match.how == "take-over":
        return f"it is taken over from its owner; {fields}"
    if match.how == "unmarked":
        return f"it is taken over again, for its marker was removed; {fields}"
    without = "the live object of this name is taken over (it carries no marker)"
    return f"{without}; {fields}" if match.how == "name" else fields


def _fingerprint(kind: Kind, subject: Subject) -> str | None:
    """Of everything that was read of the object, but for what the service changes by itself."""
    if subject.live:
        return fingerprint(subject.live)
    if kind.ranks:
        return digest({live.id: live.body.get("priority") for live in subject.world.objects(kind.collections)})
    return None


def _placed(changes: Mapping[Address, Change], drafts: Mapping[Address, Draft], schedule_: Schedule) -> list[Change]:
    """Changes in the order of execution, no-ops behind them, each with its numbered steps."""
    steps: dict[Address, list[Step]] = {address: [] for address in drafts}
    number = 0
    for part in schedule_.parts:
        address, phase = part
        others = frozenset(p for p in schedule_.needs[part] if p[0] != address)
        for operation in (o for o in drafts[address].operations if o.phase is phase):
            number += 1
            steps[address].append(Step(number, operation, others))
    first = {address: index for index, (address, _) in reversed(list(enumerate(schedule_.parts)))}
    ordered = sorted(drafts, key=lambda address: first[address])
    placed = [
        replace(
            changes[address],
            steps=tuple(steps[address]),
            wave=schedule_.waves[schedule_.parts[first[address]]],
            depends_on=tuple(sorted({a for a, _ in schedule_.needs[schedule_.parts[first[address]]] if a != address})),
        )
        for address in ordered
    ]
    return [*placed, *(changes[address] for address in changes if address not in drafts)]


def _unresolved(drafts: Mapping[Address, Draft], changes: Mapping[Address, Change], world: World) -> list[Diagnostic]:
    """What changes of this plan name and neither the tenant has nor this plan creates: it was not selected.

    One that is refused has errors of its own.
    """
    found: list[Diagnostic] = []
    for address, draft in drafts.items():
        for other in (*draft.kind.references(draft.desired), *draft.names):
            change = changes.get(other)
            settled = change is not None and (change.refused or change.action in (Action.CREATE, Action.REPLACE))
            if not settled and not (other in world.matches and world.matches[other].live):
                message = f"{address} needs {other}, which does not exist yet and is not created by this plan"
                found.append(draft.desired.problem("PLAN101", message, "select both", ("metadata", "name")))
    return found


def _unmanaged(kinds: Mapping[str, Kind], world: World) -> list[JsonObject]:
    """Objects of the kinds' own that no spec stands for and that are not ours: shown with the owner, never touched."""
    taken = {match.live.id for match in world.matches.values() if match.live}
    found: list[JsonObject] = []
    for kind in kinds.values():
        if not kind.marker_field or kind.shared:
            continue
        for live in world.objects(kind.collections):
            if live.id in taken or owned_by(live, kind.marker_field, world.owners):
                continue
            shown: JsonObject = {"kind": kind.name, "liveId": live.id, "displayName": live.display_name}
            markers = markers_of(live, kind.marker_field)
            found.append({**shown, "owner": markers[0].owner} if markers else shown)
    return sorted(found, key=lambda o: (str(o["kind"]), str(o["displayName"]), str(o["liveId"])))
