"""`EnrollmentProfile`: an Apple user-initiated enrollment profile, which decides how people's own devices enroll.

The type has no `/assign` action: assignments are added and removed one by one, and people gain before they lose.
A new profile is created unassigned with the next free priority and gains people last, once its rank is verified, so
that it never catches people out of turn. Only users can be targeted (Microsoft: "Set up web-based device enrollment").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from ..assignments import Target, is_direct, live_targets, read_target, wanted_targets, write_target
from ..diagnostics import Diagnostic, Severity
from ..facts import USER_CHOICE, WITHDRAWN, AutomatedProfile, Onboarding, Profile, Value
from ..identity import find
from ..kind import Canonical, Comparison, Expressed, Kind, Operation, Phase, Subject, Verb, World
from ..live import Collection, Live
from ..model import Address, Json, JsonObject, Path
from ..spec.load import Desired
from . import automated_enrollment, common, enrollment_type, expressing, settings_catalog
from .enrollment_type import DEFAULT_CHOICE, TYPES, live_choice, live_type, sorted_choice

COLLECTION = Collection(
    "enrollmentProfiles",
    "/beta/deviceManagement/appleUserInitiatedEnrollmentProfiles",
    assignments="separate",  # the list does not support $expand=assignments
    read_permissions=(
        "DeviceManagementServiceConfig.Read.All",
        "DeviceManagementServiceConfig.ReadWrite.All",
        "DeviceManagementConfiguration.Read.All",
        "DeviceManagementConfiguration.ReadWrite.All",
    ),
    # every page about these profiles names the first; only newer ones name the second
    write_permissions=("DeviceManagementServiceConfig.ReadWrite.All", "DeviceManagementConfiguration.ReadWrite.All"),
)
TYPE = "#microsoft.graph.appleUserInitiatedEnrollmentProfile"
ASSIGNMENT = "#microsoft.graph.appleEnrollmentProfileAssignment"
PLATFORM = "iOS"
FIRST_PRIORITY = 1
"""The number of a tenant's first profile. The documentation starts at 0, the one production tool known starts at 1."""
NAME = "EnrollmentProfile"
_NUMBERS = "numbers of new profiles"


def compare(subject: Subject) -> Comparison:
    """Both sides. Options of user choice that the spec does not mention are left as they are live."""
    spec, names = subject.spec, subject.world.names
    problems: list[Diagnostic] = []
    wanted: dict[str, Json] = {key: spec[key] for key in ("displayName",) if key in spec}
    if "description" in spec:
        wanted["description"] = common.wanted_text(spec["description"])
    if "enrollmentType" in spec:
        wanted["enrollmentType"] = spec["enrollmentType"]
    if choice := _wanted_choice(subject):
        wanted["userChoice"] = choice
    targets: set[Target] = set()
    if "assignments" in spec:
        found, problems = subject.targets()
        targets = {target for target, _, _ in found}
        wanted["assignments"] = common.shown_assignments(targets, names)
    wanted[common.MARKER] = common.marker_of(subject, "description").line()
    live = _found(subject, wanted)
    problems += [*_type_problems(subject), *_not_converted(subject, wanted, live)]
    return Comparison(wanted, live, tuple(problems), basis=targets)


def _found(subject: Subject, wanted: Canonical) -> Canonical:
    if subject.live is None:
        return {}
    body, names = subject.live.body, subject.world.names
    choice = live_choice(body)
    found: dict[str, Json] = {
        "displayName": body.get("displayName"),
        "description": common.text_of(body.get("description")),
        "enrollmentType": USER_CHOICE if wanted.get("userChoice") == choice else live_type(body),
        "userChoice": choice,
        "assignments": common.shown_assignments(live_targets(subject.live.assignments), names),
        common.MARKER: common.marker_line(subject, "description"),
    }
    return {key: found[key] for key in wanted}


def _wanted_choice(subject: Subject) -> JsonObject | None:
    """The user's choice, whole, because Graph replaces it whole; None where it is not managed.

    What the spec does not mention of it is carried over from the live profile. Where it mentions nothing of it, a
    live user's choice is left as it is, and what was none before gets what a new profile gets.
    """
    mentioned = subject.spec.get("userChoice")
    if subject.spec.get("enrollmentType") != USER_CHOICE:
        return None
    live = subject.live.body if subject.live else None
    if not isinstance(mentioned, dict):
        return None if live and live_type(live) == USER_CHOICE else sorted_choice(DEFAULT_CHOICE)
    return sorted_choice({**(live_choice(live) if live else DEFAULT_CHOICE), **mentioned})


def _type_problems(subject: Subject) -> list[Diagnostic]:
    if "enrollmentType" not in subject.spec:
        return [] if subject.live else [subject.problem("JIT303", "a new profile needs an enrollmentType", "add it")]
    if subject.live and "unknownFutureValue" in str(live_choice(subject.live.body)):
        message = "the live profile has an enrollment type that Graph does not name to this version"
        detail = "it cannot be compared, so it is left alone: pin another profile, or update reconciler"
        return [subject.problem("GRAPH101", message, detail, ("spec", "enrollmentType"))]
    return []


def _not_converted(subject: Subject, wanted: Canonical, found: Canonical) -> Iterator[Diagnostic]:
    """Sources: "Set up account driven Apple User Enrollment", "Enrollment guide: Enroll iOS and iPadOS devices"."""
    before, after = found.get("enrollmentType"), wanted.get("enrollmentType")
    if after is not None and str(before) in TYPES and before != after:
        message = "the enrollment type changes for devices that enroll from now on; enrolled ones stay as they are"
        detail = "a device has to be removed from management to enroll in another way, and its work data is erased then"
        problem = subject.problem("JIT705", message, detail, ("spec", "enrollmentType"))
        yield replace(problem, severity=Severity.WARNING)


def write(subject: Subject, comparison: Comparison) -> list[Operation]:
    """POST unassigned or PATCH, then one POST for each target gained, then one DELETE for each target lost."""
    changed = set(comparison.changed)
    operations: list[Operation] = []
    body = _body(subject, comparison, changed)
    if subject.live is None:
        body |= {"platform": PLATFORM, "priority": next_priority(subject)}
        operations.append(Operation(Verb.CREATE, "POST", COLLECTION.path, body))
    elif len(body) > 1:
        operations.append(Operation(Verb.UPDATE, "PATCH", COLLECTION.item_path(subject.id), body))
    if "assignments" in changed:
        live = subject.live.assignments if subject.live else ()
        operations += _assignments(COLLECTION.item_path(subject.id), live, comparison.basis)
    return operations


def next_priority(subject: Subject) -> int:
    """The next free number: behind every live profile, new ones of one plan in the order that they are to rank in."""
    return numbers(subject.world)[subject.address]


def numbers(world: World) -> Mapping[Address, int]:
    """The number of each profile that this plan creates: those that the specs put in order first, in that order."""
    if _NUMBERS not in world.indexes:
        listed = [str(name) for d in world.desired.values() for name in _names(d.spec.get("order"))]
        rank = {name: index for index, name in enumerate(listed)}
        new = (a for a, m in world.matches.items() if a.kind == NAME and not m.live and not m.refused)
        chosen = (a for a in new if world.selected is None or a in world.selected)
        ordered = sorted(chosen, key=lambda address: (rank.get(address.name, len(rank)), address))
        world.indexes[_NUMBERS] = {address: n for n, address in enumerate(ordered, _free_priority(world))}
    found: Mapping[Address, int] = world.indexes[_NUMBERS]
    return found


def _names(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _free_priority(world: World) -> int:
    """The first number behind those of all live profiles."""
    taken = [live.body.get("priority") for live in world.objects((COLLECTION,))]
    return max((number for number in taken if isinstance(number, int)), default=FIRST_PRIORITY - 1) + 1


def stands_last(live: Live, others: Iterable[Live]) -> str | None:
    """Why a new profile may not gain people yet: it ranks before others, and no order that is planned says so."""
    ahead = [o.display_name for o in others if o.id != live.id and _before(live, o)]
    if not ahead:
        return None
    return f"the service ranked it before {', '.join(sorted(ahead))}; declare the order in an EnrollmentPriority"


def _before(live: Live, other: Live) -> bool:
    ours, theirs = live.body.get("priority"), other.body.get("priority")
    return isinstance(ours, int) and isinstance(theirs, int) and ours < theirs


def _body(subject: Subject, comparison: Comparison, changed: set[str]) -> JsonObject:
    body: JsonObject = {"@odata.type": TYPE}
    if "displayName" in changed:
        body["displayName"] = comparison.wanted["displayName"]
    if changed & {"description", common.MARKER}:
        body["description"] = common.marked_text(subject, "description", common.marker_of(subject, "description"))
    if changed & {"enrollmentType", "userChoice"}:
        body |= enrollment_type.written(comparison.wanted["enrollmentType"], comparison.wanted.get("userChoice"))
    return body


def _reassign(item: str, assignments: Sequence[JsonObject], wanted: Sequence[JsonObject]) -> list[Operation]:
    return _assignments(item, assignments, {read_target(a.get("target")) for a in wanted})


def _assignments(item: str, assignments: Sequence[JsonObject], wanted: set[Target]) -> list[Operation]:
    live = [a for a in assignments if is_direct(a)]
    found = {read_target(a.get("target")) for a in live}
    path = f"{item}/assignments"
    gained = [
        Operation(Verb.ADD_ASSIGNMENT, "POST", path, _assignment(target), Phase.GROW)
        for target in sorted(wanted - found, key=lambda t: t.key)
    ]
    lost = [
        Operation(Verb.REMOVE_ASSIGNMENT, "DELETE", f"{path}/{quote(str(a.get('id')), safe='')}", phase=Phase.SHRINK)
        for a in sorted(live, key=lambda a: (not read_target(a.get("target")).exclude, str(a.get("id"))))
        if read_target(a.get("target")) not in wanted and not _in_the_way(a, wanted - found)
    ]
    first = [
        Operation(Verb.REMOVE_ASSIGNMENT, "DELETE", f"{path}/{quote(str(a.get('id')), safe='')}", phase=Phase.GROW)
        for a in live
        if read_target(a.get("target")) not in wanted and _in_the_way(a, wanted - found)
    ]
    return [*first, *gained, *lost]


def _in_the_way(assignment: JsonObject, gained: set[Target]) -> bool:
    """Whether it holds the same group in another form (excluded, or with a filter): the service has each group once."""
    target = read_target(assignment.get("target"))
    return any((target.who, target.group) == (other.who, other.group) for other in gained)


def _assignment(target: Target) -> JsonObject:
    return {"@odata.type": ASSIGNMENT, "target": write_target(target, filters=False)}


def declares(desired: Desired) -> Profile:
    """The profile as the spec has it. Where it leaves the user's choice open, that is what a new profile gets."""
    spec = desired.spec
    kind = spec.get("enrollmentType")
    choice = spec.get("userChoice")
    chosen = {**DEFAULT_CHOICE, **choice} if isinstance(choice, dict) else DEFAULT_CHOICE
    return Profile(
        str(spec.get("displayName", desired.address.name)),
        kind,
        _options(kind, chosen),
        _onboarding(spec.get("onboarding")),
        path=("spec", "enrollmentType"),
    )


def _options(kind: Json, choice: JsonObject) -> tuple[tuple[str, str], ...]:
    """What people may end up with: a single type, or each option of a choice and its default."""
    if kind != USER_CHOICE:
        return (("personal", kind),) if isinstance(kind, str) else ()
    options, default = sorted_choice(choice)["options"], choice["default"]
    listed = [(str(o["owner"]), str(o["type"])) for o in _names(options) if isinstance(o, dict)]
    spare = [] if default is None or default in [each for _, each in listed] else [("personal", str(default))]
    return (*listed, *spare)


def _onboarding(said: Json) -> Onboarding:
    path: Path = ("spec", "onboarding")
    told = said if isinstance(said, dict) else {}
    compliance = told.get("compliance")
    return Onboarding(
        Value(told["firstSignInApp"], (*path, "firstSignInApp")) if "firstSignInApp" in told else None,
        str(told["firstSignInAppName"]) if "firstSignInAppName" in told else None,
        () if compliance == "none" else None if compliance is None else _values(compliance, (*path, "compliance")),
        Value(told["minimumIos"], (*path, "minimumIos")) if "minimumIos" in told else None,
        _values(told.get("discoveryDomains"), (*path, "discoveryDomains")),
    )


def _values(listed: Json, path: Path) -> tuple[Value, ...]:
    return tuple(Value(each, (*path, index)) for index, each in enumerate(_names(listed)))


def shows(live: Live) -> Profile | AutomatedProfile | None:
    """A live profile: of this kind, or of Automated Device Enrollment in either of its two forms."""
    if live.collection.key == automated_enrollment.COLLECTION.key:
        return automated_enrollment.shows(live)
    if live.collection.key == settings_catalog.COLLECTION.key:
        found = settings_catalog.shows(live)
        return found if isinstance(found, AutomatedProfile) else None
    kind, priority = live_type(live.body), live.body.get("priority")
    number = priority if isinstance(priority, int) and not isinstance(priority, bool) else None
    return Profile(live.display_name, kind, _options(USER_CHOICE, live_choice(live.body)), priority=number)


def expresses(live: Live, world: World) -> Expressed | None:
    """A live profile. One whose options are not exactly a single type is the user's choice, whole."""
    if str(live.body.get("platform") or PLATFORM).casefold() != PLATFORM.casefold():
        return None
    draft = expressing.Draft(world)
    expressing.described(draft, live)
    kind = live_type(live.body)
    if kind == WITHDRAWN:  # only for a profile that is there already, which a pin says
        draft.say("id", live.id)
    if isinstance(kind, str) and kind != USER_CHOICE:
        draft.say("enrollmentType", kind)
    else:
        draft.say("enrollmentType", USER_CHOICE)
        draft.say("userChoice", live_choice(live.body))
    expressing.assignments(draft, live_targets(live.assignments), live)
    return draft.done(live.display_name)


def _check(desired: Desired) -> Iterator[Diagnostic]:
    """What the schema refuses of targets, where they come from an audience. Source: as for the module."""
    wanted = wanted_targets(desired.spec.get("assignments")) if desired.audience else []
    for rule, what, remedy, holds in (
        ("JIT304", "all devices: profiles are for users", "list users", [t.who == "devices" for t in wanted]),
        ("ASSIGN106", "a filter, which profiles do not take", "leave it out", [bool(t.filter) for t in wanted]),
        ("ASSIGN106", "exclusions, which profiles do not take", "say it by the order", [t.exclude for t in wanted]),
    ):
        if any(holds):
            message = f"the audience {desired.audience} has {what}"
            yield desired.problem(rule, message, remedy, ("spec", "assignments", "audience"))


ENROLLMENT_PROFILE = Kind(
    name=NAME,
    collections=(COLLECTION,),
    find=lambda desired, world: find(desired, world, (COLLECTION,), marker_field="description"),
    compare=compare,
    write=write,
    check=lambda desired: list(_check(desired)),
    reassign=_reassign,
    writable=frozenset(
        {"displayName", "description", "platform", "defaultEnrollmentType", "availableEnrollmentTypeOptions"}
    ),
    marker_field="description",
    odata_type=TYPE,
    users_only=True,
    essential="enrollment profile",
    may_gain=stands_last,
    nouns=(Profile, AutomatedProfile),
    also_reads=(automated_enrollment.COLLECTION, settings_catalog.COLLECTION),
    declares=declares,
    shows=shows,
    expresses=expresses,
)
