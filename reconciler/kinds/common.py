"""What several kinds do alike: descriptions with a marker, scope tags, assignments that are replaced whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..assignments import Target, read_filter, show_target
from ..diagnostics import Diagnostic, has_errors
from ..kind import Phase, Subject
from ..live import Names
from ..model import Json, JsonObject
from ..ownership import MARKER, is_own, marked_text, marker_line, marker_of, own_marker, text_of, wanted_text
from ..resolution import NameProblem, stands_for
from ..spec.load import Desired

__all__ = [
    "MARKER",
    "Entry",
    "assign_calls",
    "carried",
    "is_own",
    "marked_text",
    "marker_line",
    "marker_of",
    "own_marker",
    "pinned",
    "scope_tag_ids",
    "scope_tags_found",
    "scope_tags_wanted",
    "shown_assignments",
    "text_of",
    "texts",
    "wanted_text",
]


def pinned(desired: Desired) -> str:
    """What a claim ends with where the spec pins an id: it tells two objects of one name apart."""
    pin = desired.spec.get("id")
    shown = ", ".join(f"{tenant}: {pin[tenant]}" for tenant in sorted(pin)) if isinstance(pin, dict) else pin
    return f", pinned to {shown}" if shown else ""


def texts(values: Iterable[Json]) -> list[Json]:
    """A set of texts in its canonical form: sorted, each once."""
    return [*sorted({str(value) for value in values})]


def scope_tags_wanted(subject: Subject) -> tuple[list[Json], list[Diagnostic]]:
    """The spec's scope tags as they are called in the tenant, sorted; null means the default tag alone."""
    found = _scope_tags(subject)
    problems = [subject.name_problem(problem) for _, why in found for problem in why]
    resolved = not has_errors(problems)
    return scope_tags_found(scope_tag_ids(subject) if resolved else [], subject.world.names), problems


def _scope_tags(subject: Subject) -> list[tuple[str, list[NameProblem]]]:
    """The id that each of the spec's scope tags stands for, and what is to be said of its name."""
    names = subject.spec.get("scopeTags")
    listed = [str(name) for name in names] if isinstance(names, list) else ["Default"]
    return [
        stands_for("scopeTags", name, subject.world.names, ("spec", "scopeTags", index))
        for index, name in enumerate(listed)
    ]


def scope_tag_ids(subject: Subject) -> list[Json]:
    """The ids of the spec's scope tags, for a body. All names have been resolved."""
    return texts(tag for tag, _ in _scope_tags(subject))


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
    lost (dropped targets, new exclusions and filters). New exclusions go with new targets, and the last ones with the
    last target: else people would be caught in between. A group that changes its intent or its side does so in one
    call: the service has it once.
    """
    narrowed = {key for key, e in wanted.items() if e.new and key in live and _narrows(live[key].target, e.target)}
    gained = {key: e for key, e in wanted.items() if e.new and not e.target.exclude and key not in narrowed}
    reaches = any(not e.target.exclude for e in wanted.values())
    freed = [key for key, e in live.items() if reaches and e.target.exclude and key not in wanted]
    final = {key: e.body for key, e in wanted.items()}
    lost = {key: e for key, e in live.items() if not e.target.exclude and key not in wanted}
    if not gained and not freed:
        changed = lost or live.keys() - wanted.keys() or any(e.new for e in wanted.values())
        return [(Phase.SHRINK, [*final.values()])] if changed else []
    kept = {k: e for k, e in wanted.items() if gained or not (e.target.exclude and e.new)}
    whom = {(e.target.who, e.target.group) for e in kept.values()}
    first = {k: live[k].body if k in narrowed else e.body for k, e in kept.items()}
    first |= {k: e.body for k, e in lost.items() if (e.target.who, e.target.group) not in whom}
    calls = [(Phase.GROW, [*first.values()])]
    return calls if first == final else [*calls, (Phase.SHRINK, [*final.values()])]


def _narrows(before: Target, after: Target) -> bool:
    return before.filter != after.filter and after.filter is not None
