"""Where a plan's text ends: why apply refuses it, if it does, and the summary as the last line."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import JsonObject
from . import waived
from .members import entries, member, number, objects, raw, text
from .style import Style, plural, wrap


def is_pending(change: JsonObject) -> bool:
    """Whether a change does something."""
    return raw(change, "action") != "no-op"


def any_pending(document: JsonObject) -> bool:
    """Whether any change does something."""
    return any(map(is_pending, objects(document, "changes")))


def is_unselected(change: JsonObject) -> bool:
    """Whether a change would be made, had it been selected."""
    return not is_pending(change) and raw(change, "reason").startswith("not selected")


def verdict(document: JsonObject, style: Style) -> list[str]:
    """Why apply refuses the plan, if it does."""
    shown = []
    for word, why in refusals(document):
        first, *rest = wrap(why, width=style.width, first=f"{word}: ", rest="  ")
        shown += [style.paint(word, "bold", "red") + first[len(word) :], *rest]
    return shown


def refusals(document: JsonObject) -> Iterator[tuple[str, str]]:
    """Why apply refuses the plan, each with the word for it; nothing where it does not."""
    if is_of_snapshot(document):
        taken = text(member(document, "source"), "createdAt") or "an unknown time"
        yield "SNAPSHOT", f"this is planned from a snapshot of {taken}, not from the tenant, so it cannot be applied."
    if document.get("complete") is not True:
        yield "INCOMPLETE", "part of the tenant could not be read, so this plan cannot be applied."
    refused = [raw(change, "address") for change in objects(document, "changes") if change.get("refused") is True]
    if refused:
        verbs, them = ("is refused and blocks", "it") if len(refused) == 1 else ("are refused and block", "them")
        what = f"{plural(len(refused), 'change')} {verbs} the whole apply"
        selects = not goes_back(document) and not entries(member(document, "consent"), "release")
        leave = f", or leave {them} out with --except" if selects else ""
        yield "REFUSED", f"{what}; correct {them}{leave}."
    told, found = {*refused}, objects(document, "diagnostics")
    others = [each for each in found if raw(each, "severity") == "error" and raw(each, "address") not in told]
    if errors := [text(each, "rule") for each in others]:
        rules, also = ", ".join(sorted({*errors})), "also " if refused else ""
        yield "BLOCKED", f"apply {also}refuses this plan because of {plural(len(errors), 'error')} ({rules})."


def summary(document: JsonObject) -> str:
    """The last line: what would be done, in numbers."""
    counts, changes = member(document, "summary"), objects(document, "changes")
    refused = sum(change.get("refused") is True for change in changes)
    unselected = sum(map(is_unselected, changes))
    still = sum(not is_pending(change) for change in changes) - refused - unselected
    aside = [f"{refused} refused"] * bool(refused) + [f"{unselected} not selected"] * bool(unselected)
    if not any_pending(document):
        return _nothing(document, aside, still)
    adopted = sum(change.get("adopts") is True for change in changes if is_pending(change))
    actions = [
        f"{number(counts, 'create')} to create",
        f"{number(counts, 'update')} to update" + (f" ({adopted} adopted)" if adopted else ""),
        *([f"{replaced} to replace"] if (replaced := number(counts, "replace")) else []),
        f"{number(counts, 'delete')} to delete",
    ]
    added, removed = number(counts, "assignmentsAdded"), number(counts, "assignmentsRemoved")
    assignments = f"{plural(added, 'assignment')} added, {removed} removed"
    parts = [
        ", ".join(actions),
        assignments,
        *_people(counts),
        ", ".join([f"{still} unchanged", *aside]),
        *waived.counted(document),
    ]
    return f"Plan: {'; '.join(parts)}."


def _people(counts: JsonObject) -> Iterator[str]:
    """How many people the plan affects, where they were counted."""
    if "affectedPeople" in counts:
        known, people = counts["affectedPeople"] is not None, number(counts, "affectedPeople")
        told = f"{people} {'person' if people == 1 else 'people'} affected"
        yield told if known else "people affected: not known"


def is_of_snapshot(document: JsonObject) -> bool:
    """Whether the plan was made of a copy of a tenant."""
    return bool(raw(member(document, "source"), "snapshot"))


def goes_back(document: JsonObject) -> bool:
    """Whether the plan is one back to what a run found."""
    return bool(raw(member(document, "source"), "record"))


def _nothing(document: JsonObject, aside: list[str], still: int) -> str:
    if document.get("complete") is not True:
        return f"No plan: the reading is incomplete; {', '.join([*aside, f'{still} unchanged'])}."
    if aside:
        return f"No changes: {', '.join([*aside, f'{still} unchanged'])}."
    if any(raw(finding, "rule") == "PLAN102" for finding in objects(document, "diagnostics")):
        return "No changes: nothing is selected."
    if goes_back(document):
        return "No changes. The tenant is as the run found it."
    if not entries(document, "changes"):
        return "No changes. There are no specs for this tenant."
    but = "".join(f"; {each}" for each in waived.counted(document))
    orphans = len(entries(document, "orphaned"))
    if orphans:
        left = f"{plural(orphans, 'object')} of ours without a spec"
        return f"No changes. What the specs name is as specified; {left}{but}."
    return f"No changes. The {'snapshot' if is_of_snapshot(document) else 'tenant'} is as specified{but}."
