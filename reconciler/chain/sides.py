"""The chain of a live tenant before a plan and after it, from what the plan itself has read.

Facts come from the kinds (`shows` of live objects, `declares` of specs), assignments from `assigned`: a plan's own data
on both sides. What a plan creates stands by the reference of its id.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ..assigned import Assigned, Turn, turn, unchanged
from ..assignments import Target
from ..canonical import canonical
from ..decide import Planned
from ..facts import (
    REGISTRATION_KEY,
    REGISTRATION_VALUE,
    App,
    Compliance,
    DeviceFilter,
    Fact,
    Onboarding,
    Part,
    Profile,
    SsoPolicy,
)
from ..kind import Kind, Ranking, is_reference, reference
from ..live import Live
from ..model import Address, Json
from ..plan import Action, Change
from .intents import Contradiction, contradictions
from .model import OFFERED, Contender, Side, Supply

_NEW = 1 << 31
"""Behind every number: where a profile that has none yet comes to stand."""
_PART_OF: Mapping[type[Fact], Part] = {SsoPolicy: "sso-policy", Compliance: "compliance"}


@dataclass(frozen=True, slots=True)
class _Object:
    """One object on one side."""

    key: str
    fact: Fact
    name: str
    assigned: tuple[Assigned, ...]
    address: Address | None


@dataclass(frozen=True, slots=True)
class Holder:
    """One object as the plan leaves it, whatever it is in the chain, and whom it is assigned to."""

    key: str
    """The live id, or the reference of a new object."""
    name: str
    address: Address | None
    assigned: tuple[Assigned, ...]


def holders(planned: Planned) -> list[Holder]:
    """Every object that kinds know of, after the plan."""
    return [Holder(each.key, each.name, each.address, each.assigned) for each in _after(planned).values()]


def sides(planned: Planned) -> tuple[Side, Side]:
    """The chain before and after the plan."""
    objects = _before(planned)
    unread = _unread(planned)
    rungs = _rungs(planned)
    before = Side(_profiles(objects, rungs[0]), tuple(_supplies(objects.values())), unread)
    objects = _after(planned, objects)
    return before, Side(_profiles(objects, rungs[1]), tuple(_supplies(objects.values())), unread)


def standing(shown: Iterable[tuple[Live, Fact]]) -> Side:
    """The chain as live objects alone tell it, each with what it is; no spec is known of any."""
    objects = {live.id: _live(live, fact, None) for live, fact in shown}
    return Side(_profiles(objects, ()), tuple(_supplies(objects.values())))


def contradicting(planned: Planned) -> list[Contradiction]:
    """Apps of ours that are assigned to the same people with contradicting intents after the plan."""
    apps = (each for each in _after(planned).values() if isinstance(each.fact, App) and each.address)
    return [found for each in apps for found in contradictions(str(each.address), each.address, each.assigned)]


def filter_rules(planned: Planned, rules: Mapping[str, str]) -> dict[str, str]:
    """The rules of filters after the plan, as `filters.rules_of` has those before it: by name and by id."""
    found = {**rules}
    for change in planned.plan.pending:
        desired = planned.world.desired.get(change.address)
        fact = planned.intents[change.address].kind.declares(desired) if desired else None
        if isinstance(fact, DeviceFilter):
            names = (fact.name, change.live_id or reference(change.address))
            found |= {name.casefold(): str(fact.rule.value) for name in names}
    return found


def _before(planned: Planned) -> dict[str, _Object]:
    """Every live object that is something in the chain, by id."""
    owned = {m.live.id: address for address, m in planned.world.matches.items() if m.live}
    found: dict[str, _Object] = {}
    for kind in planned.kinds.values():
        for live in planned.world.objects((*kind.collections, *kind.also_reads)):
            fact = None if live.id in found else kind.shows(live)
            if fact is not None:
                address = owned.get(live.id)
                found[live.id] = _live(live, _with_onboarding(fact, address, planned), address)
    return found


def _live(live: Live, fact: Fact, address: Address | None) -> _Object:
    return _Object(live.id, fact, live.display_name, unchanged(live).kept, address)


def _after(planned: Planned, before: Mapping[str, _Object] | None = None) -> dict[str, _Object]:
    """The same once the plan is carried out."""
    found = {**(_before(planned) if before is None else before)}
    for change in planned.plan.pending:
        intent = planned.intents[change.address]
        if change.action is Action.DELETE:
            found.pop(str(change.live_id), None)
            continue
        if change.address in planned.world.consent.release:
            found = _released(found, change)
            continue
        created = change.action in (Action.CREATE, Action.REPLACE)
        key = reference(change.address) if created or not change.live_id else change.live_id
        fact = _numbered(_made(intent.kind, change, planned, found.get(key)), change)
        if fact is None:
            continue
        if change.action is Action.REPLACE:
            found.pop(str(change.live_id), None)
        now: Turn = turn(change, planned)
        name = change.display_name or str(change.address)
        found[key] = _Object(key, fact, name, (*now.after, *now.kept), change.address)
    return found


def _numbered(fact: Fact | None, change: Change) -> Fact | None:
    """A new profile with the number that it is created with: it gains nobody before it stands there."""
    if not isinstance(fact, Profile) or fact.priority is not None:
        return fact
    bodies = (step.operation.body for step in change.steps)
    told = (body.get("priority") for body in bodies if isinstance(body, dict))
    return replace(fact, priority=next((number for number in told if isinstance(number, int)), None))


def _released(found: dict[str, _Object], change: Change) -> dict[str, _Object]:
    """An object that is let go stays as it is, and has no spec any more."""
    return {key: replace(o, address=None) if o.address == change.address else o for key, o in found.items()}


def _made(kind: Kind, change: Change, planned: Planned, live: _Object | None) -> Fact | None:
    """What an object is after its change: what the spec says, and of the live one what the spec does not mention."""
    desired = planned.world.desired.get(change.address)
    said = kind.declares(desired) if desired else None
    if said is None or live is None:
        return said or (live.fact if live else None)
    if isinstance(said, Profile) and isinstance(live.fact, Profile):
        named = said if said.type is not None else replace(said, type=live.fact.type, options=live.fact.options)
        return replace(named, priority=live.fact.priority)
    if isinstance(said, App) and isinstance(live.fact, App):
        return live.fact  # what an app is, nobody changes here
    if isinstance(said, SsoPolicy) and isinstance(live.fact, SsoPolicy):
        return replace(live.fact, registration=said.registration, pairs=said.pairs)
    return said


def _with_onboarding(fact: Fact, address: Address | None, planned: Planned) -> Fact:
    """A live profile with what its spec says around it, which the tenant does not hold."""
    desired = planned.world.desired.get(address) if address else None
    said = planned.kinds[address.kind].declares(desired) if address and desired else None
    if isinstance(fact, Profile) and isinstance(said, Profile):
        return replace(fact, onboarding=said.onboarding)
    return fact


# Profiles


def _rungs(planned: Planned) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids of the profiles in their order, before and after, where the plan puts them in order."""
    for address, intent in planned.intents.items():
        basis = intent.comparison.basis
        if isinstance(basis, Ranking):
            runs = any(change.address == address for change in planned.plan.pending)
            return basis.solution.before, basis.solution.after if runs else basis.solution.before
    return (), ()


def _profiles(objects: Mapping[str, _Object], rungs: tuple[str, ...]) -> tuple[Contender, ...]:
    """The profiles of one side, the winner first: as the plan ranks them, else by their numbers, new ones last.

    One that is live and has no number may stand anywhere, so that no other one's rank is certain.
    """
    found = [(each, each.fact) for each in objects.values() if isinstance(each.fact, Profile)]
    place = {key: index for index, key in enumerate(rungs)}
    last = len(place)
    ranks = {
        each.key: (place.get(each.key, last), _NEW if profile.priority is None else profile.priority)
        for each, profile in found
    }
    often = Counter(rank for rank in ranks.values() if rank[0] == last)
    unranked = any(p.priority is None and e.key not in place and not is_reference(e.key) for e, p in found)
    ordered = sorted(found, key=lambda pair: (ranks[pair[0].key], pair[0].key))
    return tuple(_contender(e, p, tied=unranked or often[ranks[e.key]] > 1) for e, p in ordered)


def _contender(each: _Object, profile: Profile, *, tied: bool) -> Contender:
    around: Onboarding = profile.onboarding
    app = str(around.first_app.value).casefold() if around.first_app else None
    targets = tuple(one.target for one in each.assigned)
    kind = _in_one_word(profile.type)
    return Contender(each.key, each.name, kind, targets, profile.options, each.address, app, tied)


def _in_one_word(kind: Json) -> str | None:
    """A type; what a live profile holds instead of one that the portal has a word for, as JSON."""
    return kind if kind is None or isinstance(kind, str) else canonical(kind)


# Supplies


def _supplies(objects: Iterable[_Object]) -> Iterator[Supply]:
    for each in objects:
        if isinstance(each.fact, App):
            yield from _app(each, each.fact)
        elif part := _PART_OF.get(type(each.fact)):
            supply = _supply(each, part, [one.target for one in each.assigned if not one.intent])
            if supply.targets and _counts(each.fact):
                yield replace(supply, doubt=_doubt(each.fact), works=not _broken(each.fact))


def _supply(each: _Object, part: Part, targets: Iterable[Target]) -> Supply:
    name = str(each.address) if each.address else repr(each.name)
    if isinstance(each.fact, SsoPolicy) and each.fact.encoding == "catalog":
        name += " of the settings catalog"
    return Supply(part, each.key, name, tuple(dict.fromkeys(targets)), each.address)


def _counts(fact: Fact) -> bool:
    """Whether an object is of use: an extension of another type registers nothing, nor a policy for other systems."""
    if isinstance(fact, SsoPolicy):
        return fact.extension == "entra"
    return not isinstance(fact, Compliance) or fact.platform == "ios"


def _doubt(fact: Fact) -> str | None:
    """Why a policy may not do its work."""
    if not isinstance(fact, SsoPolicy) or registers(fact):
        return None
    if fact.not_understood:
        return f"not all of {fact.name!r} could be read: {', '.join(fact.not_understood)}"
    return f"{fact.name!r} does not switch just-in-time registration on"


def _broken(fact: Fact) -> bool:
    """Whether a policy surely registers nothing: it was read whole, and the pair is not in it as it has to be."""
    return isinstance(fact, SsoPolicy) and not fact.not_understood and not registers(fact)


def registers(policy: SsoPolicy) -> bool:
    """Whether a policy holds the pair that registration needs, exactly."""
    if policy.registration is not None and policy.registration.value is True:
        return True
    pairs = [pair for pair in policy.pairs if pair.key == REGISTRATION_KEY]
    return len(pairs) == 1 and (pairs[0].type, pairs[0].value) == ("string", REGISTRATION_VALUE)


def _app(each: _Object, app: App) -> Iterator[Supply]:
    bundle = (app.bundle_id or "").casefold()
    if not app.authenticator:
        targets = [one.target for one in each.assigned if one.intent in OFFERED]
        if targets:
            yield replace(_supply(each, "first-sign-in-app", targets), app=bundle)
        return
    required = [one for one in each.assigned if one.intent == "required"]
    for licence in (True, False, None):
        fitting = [one for one in required if one.target.exclude or _by_user(app, one) is licence]
        if any(not one.target.exclude for one in fitting):
            found = _supply(each, "authenticator", [one.target for one in fitting])
            yield replace(found, account_driven=licence is not False, app=bundle, licence_untold=licence is None)


def _by_user(app: App, one: Assigned) -> bool | None:
    """Whether an assignment installs by a licence of the person; `settings` are Graph's, or those of a spec.

    None where they do not tell: which licence applies then is not documented beyond doubt.
    """
    if app.source != "vpp":
        return False
    held = json.loads(one.settings) if one.settings else None
    whole = held if isinstance(held, dict) else {}
    inner = whole.get("settings", whole)
    settings = inner if isinstance(inner, dict) else {}
    by_device = settings.get("useDeviceLicensing")
    told = not by_device if isinstance(by_device, bool) else None
    return {"user": True, "device": False}.get(str(settings.get("licensing")), told)


def _unread(planned: Planned) -> dict[Part | str, str]:
    """Parts of the chain of which a collection could not be read, with the reason."""
    found: dict[Part | str, str] = {}
    for kind in planned.kinds.values():
        for collection in (*kind.collections, *kind.also_reads):
            reading = planned.world.reading(collection)
            if reading is not None and reading.problem:
                for part in _parts_of(kind):
                    found[part] = f"{collection.path} could not be read: {reading.problem}"
    return found


def blind(planned: Planned) -> frozenset[str]:
    """The parts of which not everything could be read, `profile` for the profiles themselves."""
    profiles = (c for k in planned.kinds.values() if Profile in k.nouns for c in (*k.collections, *k.also_reads))
    readings = [planned.world.reading(collection) for collection in profiles]
    unread = any(reading is not None and reading.problem for reading in readings)
    return frozenset({*map(str, _unread(planned)), *(["profile"] * unread)})


def _parts_of(kind: Kind) -> list[Part]:
    known: Mapping[type[Fact], list[Part]] = {
        SsoPolicy: ["sso-policy"],
        App: ["authenticator", "first-sign-in-app"],
        Compliance: ["compliance"],
    }
    return [part for noun in kind.nouns for part in known.get(noun, [])]
