"""`AssignmentFilter`: a rule over properties of enrolled devices, by which the targets of other specs are narrowed.

Other specs name it by its display name (`Kind.named`), also before it exists. The platform cannot be changed in Graph,
and a filter that assignments use cannot be deleted: both are facts that other tools learnt from live tenants.
Microsoft: "Use filters when assigning your apps, policies, and profiles in Microsoft Intune".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ..diagnostics import Diagnostic
from ..facts import DeviceFilter, Value
from ..identity import find
from ..kind import Canonical, Comparison, Expressed, Kind, Operation, Subject, Verb, World
from ..live import Collection, Live
from ..model import Json, JsonObject
from ..spec.load import Desired
from . import common, expressing
from .filter_rule import mistakes

COLLECTION = Collection(
    "assignmentFilters",
    "/beta/deviceManagement/assignmentFilters",
    read_permissions=("DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All"),
    write_permissions=("DeviceManagementConfiguration.ReadWrite.All",),
    top=None,
    at_its_end=("payloads",),
)
TYPE = "#microsoft.graph.deviceAndAppManagementAssignmentFilter"
PLATFORM = "iOS"
_SCOPE_TAGS = "roleScopeTags"
"""Not `roleScopeTagIds`, which the other types have."""
_PIECES = re.compile(r"\"[^\"]*\"|'[^']*'|[^\"']+")
_ESCAPES = re.compile(r"[\\`]")


def settled(rule: Json) -> Json:
    """A rule with white space outside quotes in one form.

    Where quotes do not pair, or something may be escaped, white space is not known to mean nothing: only that around
    the rule is dropped.
    """
    if not isinstance(rule, str):
        return rule
    pieces = _PIECES.findall(rule)
    if "".join(pieces) != rule or _ESCAPES.search(rule):
        return rule.strip()
    return "".join(piece if piece[0] in "\"'" else _spaced(piece) for piece in pieces).strip()


def _spaced(piece: str) -> str:
    return re.sub(r"(?<=[(\[]) | (?=[)\]])", "", re.sub(r"\s+", " ", piece))


def compare(subject: Subject) -> Comparison:
    """Both sides, restricted to what the spec mentions, the marker, and the platform, which every filter has."""
    spec = subject.spec
    wanted: dict[str, Json] = {key: spec[key] for key in ("displayName",) if key in spec}
    if "description" in spec:
        wanted["description"] = common.wanted_text(spec["description"])
    wanted |= {"platform": PLATFORM, "rule": settled(spec["rule"])}
    problems: list[Diagnostic] = []
    if "scopeTags" in spec:
        wanted["scopeTags"], problems = common.scope_tags_wanted(subject)
    wanted[common.MARKER] = common.marker_of(subject, "description").line()
    problems += _of_another_platform(subject)
    return Comparison(wanted, _found(subject, wanted), tuple(problems))


def _of_another_platform(subject: Subject) -> Iterator[Diagnostic]:
    """A namesake for other devices is somebody's, and what it is for cannot be changed: it is never replaced."""
    live = subject.live
    if live is None or live.body.get("platform") == PLATFORM or common.own_marker(subject, "description"):
        return
    message = (
        f"the live filter {live.display_name!r} ({live.id}) is for {live.body.get('platform')}, not for {PLATFORM}"
    )
    yield subject.problem("FILTER101", message, "give this spec another displayName", ("spec", "displayName"))


def _found(subject: Subject, wanted: Canonical) -> Canonical:
    if subject.live is None:
        return {}
    body = subject.live.body
    found: dict[str, Json] = {
        "displayName": body.get("displayName"),
        "description": common.text_of(body.get("description")),
        "platform": body.get("platform"),
        "rule": settled(body.get("rule")),
        "scopeTags": common.scope_tags_found(body.get(_SCOPE_TAGS), subject.world.names),
        common.MARKER: common.marker_line(subject, "description"),
    }
    return {key: found[key] for key in wanted}


def write(subject: Subject, comparison: Comparison) -> list[Operation]:
    """POST, or PATCH with only what differs."""
    body = _body(subject, set(comparison.changed))
    if subject.live is None:
        new = {**body, "platform": PLATFORM, "assignmentFilterManagementType": "devices"}
        return [Operation(Verb.CREATE, "POST", COLLECTION.path, new)]
    if len(body) == 1:
        return []
    return [Operation(Verb.UPDATE, "PATCH", COLLECTION.item_path(subject.id), body)]


def _body(subject: Subject, changed: set[str]) -> JsonObject:
    body: JsonObject = {"@odata.type": TYPE}
    body |= {name: subject.spec[name] for name in ("displayName", "rule") if name in changed}
    if changed & {"description", common.MARKER}:
        body["description"] = common.marked_text(subject, "description", common.marker_of(subject, "description"))
    if "scopeTags" in changed:
        body[_SCOPE_TAGS] = common.scope_tag_ids(subject)
    return body


def _check(desired: Desired) -> list[Diagnostic]:
    """What is wrong with the text of the rule."""
    path = ("spec", "rule")
    return [
        replace(desired.problem(each.rule, each.message, each.detail, path), severity=each.severity)
        for each in mistakes(str(desired.spec["rule"]))
    ]


def _declares(desired: Desired) -> DeviceFilter:
    spec = desired.spec
    name = str(spec.get("displayName") or desired.address.name)
    return DeviceFilter(name, Value(spec["rule"], ("spec", "rule")), PLATFORM)


def _shows(live: Live) -> DeviceFilter:
    platform = live.body.get("platform")
    return DeviceFilter(
        live.display_name, Value(live.body.get("rule")), platform if isinstance(platform, str) else None
    )


def expresses(live: Live, world: World) -> Expressed | None:
    """A live filter, if it is for enrolled iPhones and iPads."""
    body = live.body
    if body.get("platform") != PLATFORM or str(body.get("assignmentFilterManagementType") or "devices") != "devices":
        return None
    draft = expressing.Draft(world)
    expressing.described(draft, live)
    draft.say("platform", PLATFORM, usual=True)
    draft.say("rule", body.get("rule"))
    expressing.scope_tags(draft, body.get(_SCOPE_TAGS))
    return draft.done(live.display_name)


def uses(live: Live) -> list[tuple[str, str]]:
    """What Graph says to be assigned with a filter: ids and sorts. It may leave the list empty whatever is.

    `payloads`: documented as the associated assignments; lists were seen without.
    """
    payloads = live.body.get("payloads")
    found = [each for each in payloads if isinstance(each, dict)] if isinstance(payloads, list) else []
    return [(str(each.get("payloadId")), str(each.get("payloadType"))) for each in found]


ASSIGNMENT_FILTER = Kind(
    name="AssignmentFilter",
    collections=(COLLECTION,),
    find=lambda desired, world: find(desired, world, (COLLECTION,), marker_field="description"),
    compare=compare,
    write=write,
    check=_check,
    marker_field="description",
    odata_type=TYPE,
    named="filters",
    uses=uses,
    immutable={"platform": "Graph does not change the platform of a filter"},
    writable=frozenset(
        {"displayName", "description", "platform", "rule", "assignmentFilterManagementType", _SCOPE_TAGS}
    ),
    nouns=(DeviceFilter,),
    declares=_declares,
    shows=_shows,
    expresses=expresses,
)
