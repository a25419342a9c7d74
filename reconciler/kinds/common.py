"""What several kinds do alike: descriptions with a marker, scope tags, assignments that are replaced whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..assignments import Target, named_once, read_filter, show_target
from ..diagnostics import Diagnostic
from ..identity import markers_of
from ..kind import Phase, Subject
from ..live import Names
from ..marker import Marker, compose, parse, replace
from ..model import Json, JsonObject

MARKER = "marker"
"""The field under which the ownership marker is shown in plans: `/marker`."""


def texts(values: Iterable[Json]) -> list[Json]:
    """A set of texts in its canonical form: sorted, each once."""
    return [*sorted({str(value) for value in values})]


def text_of(live_text: Json) -> str | None:
    """What people wrote, without markers; an empty text and none are the same to Graph and to us."""
    return parse(live_text if isinstance(live_text, str) else None)[0] or None


def wanted_text(value: Json) -> str | None:
    """A text of the spec in the form that comes back: LF line ends, empty as none, no marker that was copied along."""
    return text_of(value)


def marker_line(subject: Subject, field: str) -> str | None:
    """The line by which we own the live object, if it carries one; under an earlier owner or name it differs."""
    markers = markers_of(subject.live, field) if subject.live else ()
    return next((marker.line() for marker in markers if is_own(subject, marker)), None)


def is_own(subject: Subject, marker: Marker) -> bool:
    """Whether a marker is that of this spec, under any owner and name that it had."""
    known = {subject.address.name, *subject.desired.previous_names}
    return marker.owner in subject.world.owners and marker.kind == subject.address.kind and marker.name in known


def marked_text(subject: Subject, field: str, marker: Marker | None) -> str | None:
    """The new value of the property that holds text and marker: the spec's text, or the live one if unmanaged."""
    live_text = subject.live.body.get(field) if subject.live else None
    kept, markers = parse(live_text if isinstance(live_text, str) else None)
    text = wanted_text(subject.spec[field]) if field in subject.spec else kept
    for name in (*subject.desired.previous_names, subject.address.name):
        address = Marker("", subject.address.kind, name).address
        markers = tuple(replace(markers, None, owners=subject.world.owners, address=address))
    return compose(text, [*markers, *([marker] if marker else [])])


def scope_tags_wanted(subject: Subject) -> tuple[list[Json], list[Diagnostic]]:
    """The spec's scope tags as they are called in the tenant, sorted; null means the default tag alone."""
    known = subject.world.names.scope_tags
    problems = [
        subject.name_problem(named_once("scope tag", name, known.get(name, ()), ("spec", "scopeTags", index), known))
        for index, name in enumerate(_scope_tags(subject))
        if len(known.get(name, ())) != 1
    ]
    return scope_tags_found([] if problems else scope_tag_ids(subject), subject.world.names), problems


def _scope_tags(subject: Subject) -> list[str]:
    names = subject.spec.get("scopeTags")
    return [str(name) for name in names] if isinstance(names, list) else ["Default"]


def scope_tag_ids(subject: Subject) -> list[Json]:
    """The ids of the spec's scope tags, for a body. All names have been resolved."""
    return texts(subject.world.names.scope_tags[name][0] for name in _scope_tags(subject))


def scope_tags_found(ids: Json, names: Names) -> list[Json]:
    """Scope tag ids as sorted names; an id that nothing answers to, or whose name is not its own, stays an id."""
    return texts(names.scope_tags_by_id.get(str(tag), str(tag)) for tag in (ids if isinstance(ids, list) else []))


def shown_assignments(targets: Iterable[Target], names: Names) -> JsonObject:
    """Targets in the form of a spec, sorted, as both sides compare them."""
    ordered = sorted(set(targets), key=lambda t: (t.key, str(t.filter)))
    return {
        "include": [show_target(t, names) for t in ordered if not t.exclude],
        "exclude": [show_target(t, names) for t in ordered if t.exclude],
    }


def carried(assignment: JsonObject, odata_type: str) -> JsonObject:
    """A live assignment as it goes back into `/assign`: all but what the service sets itself.

    The ways in which the service says "no filter" are one, and it is sent with its type (`odata_type`) also where a
    reading left that out, so that the body does not depend on how the assignment was read.
    """
    kept = {k: v for k, v in assignment.items() if k not in ("id", "source", "sourceId") and "@odata.c" not in k}
    target = kept.get("target")
    if isinstance(target, dict) and read_filter(target) is None:
        kept["target"] = {k: v for k, v in target.items() if not k.startswith("deviceAndAppManagementAssignmentFilter")}
    return {"@odata.type": odata_type, **kept}


@dataclass(frozen=True, slots=True)
class Entry:
    """One assignment in an `/assign` body."""

    body: JsonObject
    target: Target
    new: bool = False
    """It is not live, or not in this form."""


def assign_calls(live: Mapping[str, Entry], wanted: Mapping[str, Entry]) -> list[tuple[Phase, list[JsonObject]]]:
    """The sets to assign, so that people gain before they lose, and nobody is caught who is to be left out.

    A first call takes in who is gained (new targets, dropped exclusions and filters), a second one gives up who is
    lost (dropped targets, new exclusions and filters). New exclusions go with new targets: else they would be caught
    by them in between. A group that changes its intent or its side does so in one call: the service has it once.
    """
    narrowed = {key for key, e in wanted.items() if e.new and key in live and _narrows(live[key].target, e.target)}
    gained = {key: e for key, e in wanted.items() if e.new and not e.target.exclude and key not in narrowed}
    freed = [key for key, e in live.items() if e.target.exclude and key not in wanted]
    final = {key: e.body for key, e in wanted.items()}
    lost = {key: e for key, e in live.items() if not e.target.exclude and key not in wanted}
    if not gained and not freed:
        changed = lost or any(e.new for e in wanted.values())
        return [(Phase.SHRINK, [*final.values()])] if changed else []
    kept = {k: e for k, e in wanted.items() if gained or not (e.target.exclude and e.new)}
    whom = {(e.target.who, e.target.group) for e in kept.values()}
    first = {k: live[k].body if k in narrowed else e.body for k, e in kept.items()}
    first |= {k: e.body for k, e in lost.items() if (e.target.who, e.target.group) not in whom}
    calls = [(Phase.GROW, [*first.values()])]
    return calls if first == final else [*calls, (Phase.SHRINK, [*final.values()])]


def _narrows(before: Target, after: Target) -> bool:
    return before.filter != after.filter and after.filter is not None
