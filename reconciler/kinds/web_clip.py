"""`WebClip`: a web page as an icon on the home screen, such as the Company Portal website.

One `iosiPadOSWebClip` of our own among the tenant's apps, assigned by (target, intent) like any app. The marker stands
in the notes, which only administrators see: Company Portal shows people the description.

Rules from Microsoft's article "Add web apps to Microsoft Intune": the address of a deployed clip cannot be changed; a
renamed one takes no commands any more; and a required one that loses its assignment without having been set to
`uninstall` stays on the devices, where nobody can remove it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from ..assignments import Target
from ..diagnostics import Diagnostic, Severity
from ..facts import Clip, Value
from ..identity import find
from ..kind import Canonical, Comparison, Expressed, Kind, Operation, Subject, Verb, World
from ..live import Collection, Live, Names
from ..model import Json, JsonObject
from ..spec.load import Desired
from . import apps, common, expressing, pair_words, pairs
from .pairs import LivePair, Pair
from .reassign import whole

COLLECTION = Collection(
    "webClips",
    "/beta/deviceAppManagement/mobileApps",
    "$filter=isof(%27microsoft.graph.iosiPadOSWebClip%27)",
    assignments="expanded",
    read_permissions=("DeviceManagementApps.Read.All", "DeviceManagementApps.ReadWrite.All"),
    write_permissions=("DeviceManagementApps.ReadWrite.All",),
    left_out=("roleScopeTagIds",),
)
TYPE = "#microsoft.graph.iosiPadOSWebClip"
NOTES = "notes"


def _address(url: Json) -> Json:
    """A URL with what means the same in one form: the case of scheme and host, and a path that is empty or `/`."""
    from urllib.parse import urlsplit  # at call: only tenants with web clips need it

    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:  # a live value that is no URL stays as it is
        return url
    return parts._replace(netloc=parts.netloc.lower(), path=parts.path or "/").geturl()


def _switch(value: Json) -> Json:
    """Graph answers with null for a switch that nobody set."""
    return value is True


PROPERTIES: Mapping[str, tuple[str, Callable[[Json], Json]]] = {
    "displayName": ("displayName", lambda name: name),
    "description": ("description", common.wanted_text),
    "publisher": ("publisher", lambda name: name or ""),
    "url": ("appUrl", _address),
    "useManagedBrowser": ("useManagedBrowser", _switch),
    "fullScreen": ("fullScreenEnabled", _switch),
    "ignoreManifestScope": ("ignoreManifestScope", _switch),
    "preComposedIcon": ("preComposedIconEnabled", _switch),
    "targetApplicationBundleId": ("targetApplicationBundleIdentifier", lambda bundle: bundle or None),
}
"""Fields of a spec: the property of Graph, and its form in which both sides compare and which is sent."""
IMMUTABLE: Mapping[str, str] = {"url": "Microsoft: once a web app is deployed, its URL cannot be modified"}


@dataclass(frozen=True, slots=True)
class _Sides:
    """The assignments of one clip, by key: wanted and live ones, and those of policy sets, which stay."""

    wanted: Mapping[str, Pair]
    ours: Mapping[str, LivePair]
    others: tuple[LivePair, ...]


def _sides(subject: Subject) -> tuple[_Sides, list[Diagnostic]]:
    wanted, problems = pairs.wanted_pairs(subject, pairs.WITHOUT)
    found = _live(subject, {})
    problems += pairs.given(subject, wanted, [*found.ours.values(), *found.others])
    problems += pairs.opposed(subject, wanted, found.others)
    return replace(found, wanted=wanted), problems


def _live(subject: Subject, wanted: Mapping[str, Pair]) -> _Sides:
    every = pairs.read_pairs(subject.live.assignments if subject.live else (), pairs.WITHOUT)
    ours = {found.pair.key: found for found in every if found.direct}
    return _Sides(wanted, ours, tuple(found for found in every if not found.direct))


def compare(subject: Subject) -> Comparison:
    """Both sides, restricted to what the spec mentions; a new clip also states what the portal asks for."""
    spec = {**(_new(subject) if subject.live is None else {}), **subject.spec}
    wanted: dict[str, Json] = {field: form(spec[field]) for field, (_, form) in PROPERTIES.items() if field in spec}
    problems: list[Diagnostic] = []
    if "scopeTags" in spec:
        wanted["scopeTags"], problems = common.scope_tags_wanted(subject)
    sides = _live(subject, {})
    if "assignments" in spec:
        sides, target_problems = _sides(subject)
        problems += target_problems
        wanted["assignments"] = pairs.shown(sides.wanted.values(), subject.world.names)
    wanted[common.MARKER] = common.marker_of(subject, NOTES).line()
    found = _found(subject, wanted, sides)
    renewed = subject.live is not None and wanted["url"] != found["url"]
    problems += _not_carried(subject, sides) if renewed else _warnings(subject, wanted, found, sides)
    return Comparison(wanted, found, tuple(problems), basis=sides)


def _new(subject: Subject) -> JsonObject:
    """What a new clip is given although the spec does not mention it: the portal has no clip without these two."""
    return {"description": subject.spec.get("displayName"), "publisher": subject.world.owner}


def _found(subject: Subject, wanted: Canonical, sides: _Sides) -> Canonical:
    if subject.live is None:
        return {}
    body, names = subject.live.body, subject.world.names
    found: dict[str, Json] = {field: form(body.get(name)) for field, (name, form) in PROPERTIES.items()}
    found["scopeTags"] = common.scope_tags_found(body.get("roleScopeTagIds"), names)
    found["assignments"] = pairs.shown((live.pair for live in sides.ours.values()), names)
    found[common.MARKER] = common.marker_line(subject, NOTES)
    return {key: found[key] for key in wanted}


def _warnings(subject: Subject, wanted: Canonical, found: Canonical, sides: _Sides) -> Iterator[Diagnostic]:
    """What devices that have the clip already do not take part in."""
    deployed = any(not live.pair.target.exclude for live in sides.ours.values())
    if deployed and wanted.get("displayName") != found.get("displayName"):
        message = f"{found['displayName']!r} is renamed: devices that have it take no commands for it any more"
        detail = "they would keep it even if it were set to uninstall: Microsoft says so of every deployed web app"
        yield _warning(subject, "JIT537", message, detail, "displayName")
    if "assignments" in wanted and (left := _left_behind(sides)):
        whom = ", ".join(_named(target, subject.world.names) for target in left)
        message = f"the clip was required for {whom}: it stays on those devices, where nobody can remove it"
        detail = "to take it off, assign it there with `intent: uninstall`, until the devices have checked in"
        yield _warning(subject, "JIT535", message, detail, "assignments")


def _not_carried(subject: Subject, sides: _Sides) -> list[Diagnostic]:
    """What a clip with another URL, which is a new one, would not have: the spec is all that it is made from."""
    assert subject.live is not None
    if "assignments" not in subject.spec and sides.ours:
        message = "the web clip for the new URL would be assigned to nobody: the spec does not mention `assignments`"
        return [subject.problem("JIT538", message, "list whom it is for, or null for nobody", ("spec", "url"))]
    body = subject.live.body
    left = [name for name, (key, form) in PROPERTIES.items() if name not in subject.spec and form(body.get(key))]
    message = "the new web clip gets what the spec says and nothing else of the old one"
    lost = ", ".join([*left, "icon", "categories", "whatever else was set in the portal"])
    return [_warning(subject, "JIT533", message, f"not carried over: {lost}", "url")]


def _left_behind(sides: _Sides) -> list[Target]:
    """Whom a required clip is taken from without being uninstalled: targets that go, narrow, or are excluded now."""
    had = [each.pair.target for each in sides.ours.values() if _reaches(each.pair, "required")]
    kept = {pair.target.key: pair.target for pair in sides.wanted.values() if _reaches(pair, "required", "uninstall")}
    named = {target.group for target in kept.values()}
    out = [
        pair.target
        for key, pair in sides.wanted.items()
        if had and pair.target.exclude and key not in sides.ours and pair.target.group not in named
    ]
    everybody = any(target.who != "group" and not target.filter for target in kept.values())
    covered = {target.key for target in had if everybody and target.who == "group"}
    lost = [target for target in had if target.key not in {*kept, *covered}]
    narrowed = [t for t in had if t.key in kept and kept[t.key].filter not in (None, t.filter)]
    return [*lost, *narrowed, *out]


def _named(target: Target, names: Names) -> str:
    group = names.groups_by_id.get(target.group)
    return f"the group {group.name if group and group.name else target.group}" if target.group else f"all {target.who}"


def _reaches(pair: Pair, *intents: str) -> bool:
    return not pair.target.exclude and pair.intent in intents


def _warning(subject: Subject, rule: str, message: str, detail: str, field: str) -> Diagnostic:
    return replace(subject.problem(rule, message, detail, ("spec", field)), severity=Severity.WARNING)


def write(subject: Subject, comparison: Comparison) -> list[Operation]:
    """POST or PATCH with only what differs, then `/assign` with the full set."""
    changed = set(comparison.changed)
    sides: _Sides = comparison.basis
    body = _body(subject, comparison, changed)
    operations: list[Operation] = []
    if subject.live is None:
        operations.append(Operation(Verb.CREATE, "POST", COLLECTION.path, body))
    elif len(body) > 1:
        operations.append(Operation(Verb.UPDATE, "PATCH", COLLECTION.item_path(subject.id), body))
    if "assignments" in changed and (subject.live or sides.wanted):
        operations += _assign(subject, sides)
    return operations


def _body(subject: Subject, comparison: Comparison, changed: set[str]) -> JsonObject:
    body: JsonObject = {"@odata.type": TYPE}
    for field, (name, _) in PROPERTIES.items():
        if field in changed and (subject.live is None or field not in IMMUTABLE):
            value = comparison.wanted[field]
            body[name] = "" if value is None else value  # null may be refused or ignored
    if subject.live is None:
        body = {name: value for name, value in body.items() if value != ""}  # a new clip has no text by itself
    if common.MARKER in changed:
        body[NOTES] = common.marked_text(subject, NOTES, common.marker_of(subject, NOTES))
    if "scopeTags" in changed:
        body["roleScopeTagIds"] = common.scope_tag_ids(subject)
    return body


def _assign(subject: Subject, sides: _Sides) -> list[Operation]:
    path = COLLECTION.item_path(subject.id) + "/assign"
    return pairs.assign(path, pairs.WITHOUT, wanted=sides.wanted, ours=sides.ours, others=sides.others)


def _compare_parting(subject: Subject) -> Comparison:
    """Every target that has the clip is to have it uninstalled; exclusions and filters stay as they are."""
    live = _live(subject, {})
    every = [replace(found.pair, intent="uninstall") for found in live.ours.values()]
    included = {pair.target.group for pair in every if not pair.target.exclude}
    wanted = {p.key: p for p in every if not (p.target.exclude and p.target.group in included)}
    problems = [_in_policy_set(subject)] if live.others else []
    if not problems and included and wanted.keys() == live.ours.keys():
        problems = [_last_call(subject)]
    names = subject.world.names
    return Comparison(
        {"assignments": pairs.shown(wanted.values(), names)},
        {"assignments": pairs.shown((found.pair for found in live.ours.values()), names)},
        tuple(problems),
        basis=replace(live, wanted=wanted),
    )


def _in_policy_set(subject: Subject) -> Diagnostic:
    assert subject.live is not None
    message = f"a policy set assigns {subject.live.display_name!r}, so it cannot be taken off the devices here"
    return subject.problem("ASSIGN102", message, "take it out of the policy set first", ("metadata", "name"))


def _last_call(subject: Subject) -> Diagnostic:
    assert subject.live is not None
    message = (
        f"{subject.live.display_name!r} is set to uninstall, and may be deleted once the devices have taken it off"
    )
    detail = "a device that has not checked in since then keeps it, and nobody can remove it there"
    return _warning(subject, "JIT535", message, detail, "assignments")


def _write_parting(subject: Subject, comparison: Comparison) -> list[Operation]:
    return _assign(subject, comparison.basis) if comparison.changed else []


_USUAL: Mapping[str, Json] = {"publisher": "", "targetApplicationBundleId": None, "description": None} | dict.fromkeys(
    ("useManagedBrowser", "fullScreen", "ignoreManifestScope", "preComposedIcon"), False
)


def expresses(live: Live, world: World) -> Expressed:
    """A live web clip, with the intent that most of its targets have."""
    draft = expressing.Draft(world)
    for name, (member, form) in PROPERTIES.items():
        value = form(live.body.get(member))
        draft.say(name, value, usual=name in _USUAL and _USUAL[name] == value)
    pair_words.assigned(draft, pairs.read_pairs(live.assignments, pairs.WITHOUT), live)
    expressing.scope_tags(draft, live.body.get("roleScopeTagIds"))
    return draft.done(live.display_name)


def declares(desired: Desired) -> Clip:
    """The web clip as the spec has it."""
    spec = desired.spec
    browser = Value(spec["useManagedBrowser"], ("spec", "useManagedBrowser")) if "useManagedBrowser" in spec else None
    name = str(spec.get("displayName", desired.address.name))
    return Clip(name, Value(spec["url"], ("spec", "url")), browser, apps.deliveries(desired))


def shows(live: Live) -> Clip:
    """A live web clip."""
    return Clip(live.display_name, Value(live.body.get("appUrl")), Value(_switch(live.body.get("useManagedBrowser"))))


_KIND = Kind(
    name="WebClip",
    collections=(COLLECTION,),
    find=lambda desired, world: find(desired, world, (COLLECTION,), marker_field=NOTES),
    compare=compare,
    write=write,
    check=apps.check,
    marker_field=NOTES,
    odata_type=TYPE,
    reassign=whole("mobileAppAssignments", pairs.ASSIGNMENT, await_published=True),
    writable=frozenset({NOTES, "roleScopeTagIds", "isFeatured", "largeIcon", "developer", "owner", "informationUrl"})
    | {"privacyInformationUrl", *(name for name, _ in PROPERTIES.values())},
    immutable=IMMUTABLE,
    prepares=frozenset({"EnrollmentProfile"}),
    nouns=(Clip,),
    declares=declares,
    shows=shows,
    expresses=expresses,
)
WEB_CLIP = replace(_KIND, parting=replace(_KIND, compare=_compare_parting, write=_write_parting))
"""`parting` sets every assignment to `uninstall`. A later run may delete the clip: devices need a check-in (about eight
hours, by Microsoft's "Refresh cycle times") to take it off, and get no such order once the clip is deleted.
"""
