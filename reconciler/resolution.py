"""What a name in a spec stands for: exactly one id, by what the tenant calls it and by what was pinned.

Used by `assignments` and by kinds, for groups, assignment filters and scope tags alike. A pin is the memory of what a
name stood for when people reviewed it: where the tenant says otherwise now, nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .diagnostics import Severity
from .live import Names, Sort
from .model import Path

RULES = {
    "NAME101": "A name stands for nothing, or for several things.",
    "NAME102": "A target is listed twice.",
    "NAME103": "A name stands for another id than when it was pinned.",
    "NAME104": "What was pinned under a name is called otherwise now.",
    "NAME105": "The id that a spec gives for a name is not the one that the pins have for it.",
    "NAME106": "A name stands for several things, and the pin decides which is meant.",
    "NAME107": "A target names an assignment filter for other devices, or for apps on devices that are not enrolled.",
}
"""Rule ids of names, each with what it means."""

WORDS: Mapping[Sort, str] = {"groups": "group", "filters": "assignment filter", "scopeTags": "scope tag"}
"""What one thing of each sort is called in messages."""

_SUGGESTED = 3
"""Names that a remedy gives."""


@dataclass(frozen=True, slots=True)
class NameProblem:
    """What is to be said of a name. One that blocks does not stand for exactly one thing."""

    path: Path
    message: str
    detail: str | None = None
    rule: str = "NAME101"
    severity: Severity = Severity.ERROR

    @property
    def blocks(self) -> bool:
        """Whether the name stands for nothing that could be used."""
        return self.severity is Severity.ERROR


def stands_for(sort: Sort, name: str, names: Names, path: Path) -> tuple[str, list[NameProblem]]:
    """The id, in lower case, that a name of the specs stands for, and what is to be said of it.

    Empty where a problem blocks. `path` is the place of the name.
    """
    found, pin = names.ids(sort, name), names.pinned.of(sort).get(name)
    if pin is None:
        return (found[0], []) if len(found) == 1 else ("", [_not_one(sort, name, found, names, path)])
    if pin not in found:
        return "", [_moved(sort, name, found, pin, names, path)]
    return pin, [_decided(sort, name, found, pin, path)] if len(found) > 1 else []


def contradicted(name: str, given: str, names: Names, path: Path) -> NameProblem | None:
    """The problem of a group whose `id` in the spec is not the one that the pins have for its name."""
    pin = names.pinned.groups.get(name)
    if pin in (None, given):
        return None
    return NameProblem(
        path,
        f"the spec gives the id {given} for the group {name!r}, the pins have {pin}",
        "correct the id in the spec; if it is right, run `reconciler pin`, and give it wherever the group is named",
        "NAME105",
    )


def unfit(name: str, filter_id: str, names: Names, path: Path) -> NameProblem | None:
    """The problem of a filter that cannot narrow assignments to enrolled iPhones and iPads.

    Microsoft: "Use filters when assigning your apps, policies, and profiles in Microsoft Intune": a filter is for one
    platform, and for managed devices or managed apps.
    """
    scope = names.filter_scopes.get(filter_id)
    if scope is None or scope.fits:
        return None
    return NameProblem(
        path,
        f"the assignment filter {name!r} is for {scope}, and targets here are enrolled iPhones and iPads",
        f"name a filter whose platform is iOS and that is for managed devices: {_fitting(names)}",
        "NAME107",
    )


def _fitting(names: Names) -> str:
    """Filters that would do, by what specs call them."""
    scopes = names.filter_scopes
    found = [name for name, ids in sorted(names.filters.items()) if ids and all(i.casefold() in scopes for i in ids)]
    fit = [repr(name) for name in found if all(scopes[i.casefold()].fits for i in names.filters[name])]
    return ", ".join(fit[:_SUGGESTED]) or "the tenant has none, so declare one"


def _not_one(sort: Sort, name: str, found: Sequence[str], names: Names, path: Path) -> NameProblem:
    word = WORDS[sort]
    if not found and sort in names.unread:
        return unread(sort, name, path)
    if not found:
        return NameProblem(path, f"no {word} is called {name!r}", _near(sort, name, names))
    remedy = "pin one of them with `id`" if sort == "groups" else "rename one of them"
    return NameProblem(path, f"{len(found)} {word}s are called {name!r}", f"{remedy}: {', '.join(found)}")


def unread(sort: Sort, name: str, path: Path) -> NameProblem:
    """A name of which nobody knows whether anything has it, for the look-up failed."""
    message = f"whether there is the {WORDS[sort]} {name!r} could not be read"
    return NameProblem(path, message, "nothing is planned from an incomplete reading; run again", "READ101")


def _near(sort: Sort, name: str, names: Names) -> str | None:
    from difflib import get_close_matches  # at call: only problems need it

    if sort == "groups":
        like: Sequence[str] = names.suggestions.get(name, ())
    else:
        like = get_close_matches(name, list(names.listed(sort)), n=3, cutoff=0.5)
    if like:
        return f"did you mean {' or '.join(map(repr, like))}?"
    return "check the spelling, or create the group" if sort == "groups" else None


def _moved(sort: Sort, name: str, found: Sequence[str], pin: str, names: Names, path: Path) -> NameProblem:
    """A pinned name that stands for something else, or for nothing."""
    from shlex import quote  # at call: only problems need it

    word, now = WORDS[sort], names.called(sort, pin)
    fate = f"{pin} is called {now!r} now" if now else f"{pin} does not exist any more"
    if names.problems and not now:
        fate = f"whether {pin} still exists could not be read"
    if found:
        message = f"the {word} {name!r} stood for {pin} when it was pinned and stands for {', '.join(found)} now"
        remedy = f"if that is meant, run `reconciler pin --accept {quote(name)}`"
        if len(found) > 1:
            remedy = "rename all but one of them, or give its id"
        return NameProblem(path, message, f"{fate}; {remedy}", "NAME103")
    if now:
        message = f"the {word} pinned under {name!r} is called {now!r} now"
        detail = "correct the name in the spec, or under `names` of the workspace, and pin again; or rename it back"
        return NameProblem(path, message, detail, "NAME104")
    near = _near(sort, name, names)
    return NameProblem(path, f"no {word} is called {name!r}", f"{fate}; {near}" if near else fate)


def _decided(sort: Sort, name: str, found: Sequence[str], pin: str, path: Path) -> NameProblem:
    message = f"{len(found)} {WORDS[sort]}s are called {name!r}; the pins say that {pin} is meant"
    others = ", ".join(i for i in found if i != pin)
    return NameProblem(path, message, f"rename the others: {others}", "NAME106", Severity.INFO)
