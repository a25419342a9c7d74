"""Schema violations as problems: which rule, which place, which words; a union by the branch that was meant.

Called by `schema` with what jsonschema found. Knows the keywords of JSON Schema and our own beside them
(`errorMessage`, `patternErrorMessage`, `x-refused`), but not jsonschema itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from ..model import Json, JsonObject, Path
from .wording import TYPES, accepted_types, hint, kind_of, listed, members, nearest, repair, shown, this_is

FEW: Final = 14
"""Up to so many known words are listed in full, and so many unknown ones are searched for a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One violation. With `key` it is about the key at `path`, else about its value."""

    rule: str
    path: Path
    message: str
    detail: str | None = None
    key: bool = False


class Violation(Protocol):
    """What is used of `jsonschema.ValidationError`."""

    validator: object
    validator_value: object
    instance: object
    schema: object
    context: Sequence[Violation] | None

    @property
    def absolute_path(self) -> Iterable[str | int]: ...
    @property
    def absolute_schema_path(self) -> Iterable[str | int]: ...
    @property
    def relative_schema_path(self) -> Sequence[str | int]: ...


@dataclass(frozen=True, slots=True)
class Case:
    """A violation, its place, and the whole schema."""

    violation: Violation
    root: JsonObject
    path: Path

    @property
    def given(self) -> Json:
        return self.violation.instance  # type: ignore[return-value]  # documents are JSON values

    @property
    def rule(self) -> Json:
        """The value of the violated keyword."""
        return self.violation.validator_value  # type: ignore[return-value]  # schemas are JSON values

    @property
    def schema(self) -> JsonObject:
        """The schema that holds the violated keyword."""
        return self.violation.schema  # type: ignore[return-value]  # only objects hold keywords


def problems(violations: Iterable[Violation], root: JsonObject) -> Iterator[Problem]:
    """The violations in words, those of a union narrowed to one branch. `root` is the whole schema."""
    for violation in violations:
        case = Case(violation, root, tuple(violation.absolute_path))
        yield from WORDS[str(violation.validator)](case)


def _wrong_type(case: Case, wanted: Sequence[str]) -> Problem:
    words = " or ".join(TYPES[name] for name in wanted if name != "null" or len(wanted) == 1)
    detail = hint(case.schema, case.given) or repair(wanted, case.given)
    return Problem("SCHEMA106", case.path, f"{words} is wanted here, {this_is(case.given)}", detail)


def _type(case: Case) -> Iterator[Problem]:
    yield _wrong_type(case, accepted_types({"type": case.rule}))


def _enum(case: Case) -> Iterator[Problem]:
    allowed = [str(word) for word in case.rule] if isinstance(case.rule, list) else [str(case.rule)]
    refused = case.schema.get("x-refused")
    reason = refused.get(case.given) if isinstance(refused, dict) and isinstance(case.given, str) else None
    near = nearest(case.given, allowed)
    detail = str(reason) if reason else f"did you mean `{near}`?" if near else hint(case.schema, case.given)
    if len(allowed) > 1:
        message = f"{shown(case.given)} is not one of {listed(allowed)}"
    else:
        message = f"`{allowed[0]}` is wanted here, {this_is(case.given)}"
    yield Problem("SCHEMA107", case.path, message, detail)


def _required(case: Case) -> Iterator[Problem]:
    """jsonschema reports each missing name with all required ones: tell each once, by the first that is missing."""
    given, wanted = case.given, case.rule
    if not isinstance(given, dict) or not isinstance(wanted, list):
        return
    for name in wanted:
        if name not in given and not _misspelt(case, str(name)):
            yield Problem("SCHEMA104", (*case.path, str(name)), f"`{name}` is required here", _purpose(case, str(name)))


def _misspelt(case: Case, name: str) -> bool:
    """Whether an unknown key was evidently meant to be this one: then the key is told, and that is enough."""
    known = case.schema.get("properties")
    strict = case.schema.get("additionalProperties") is False
    unknown = [key for key in members(case.given) if key not in members(known)][:FEW]
    return strict and any(nearest(key, members(known)) == name for key in unknown)


def _purpose(case: Case, name: str) -> str | None:
    """Why the field is wanted, or the first sentence of its description."""
    field = members(members(case.schema.get("properties")).get(name))
    text = case.schema.get("errorMessage") or field.get("description")
    return str(text).partition(". ")[0].removesuffix(".") if text else None


def _unknown(case: Case) -> Iterator[Problem]:
    known = members(case.schema.get("properties"))
    refused = members(case.schema.get("x-refused"))
    given = members(case.given)
    for key in given:
        if key in known:
            continue
        path = (*case.path, key)
        if key in refused:
            yield Problem("SCHEMA112", path, f"{shown(key)} is not possible here", str(refused[key]), key=True)
        else:
            yield Problem("SCHEMA105", path, f"{shown(key)} is not known here", _meant(case, key, known), key=True)


def _meant(case: Case, key: str, known: JsonObject) -> str:
    near = nearest(key, [name for name in known if name not in members(case.given)])
    if near:
        return f"did you mean `{near}`?"
    for section, inner in members(case.root.get("properties")).items():
        if key in members(members(inner).get("properties")) and case.path != (section,):
            return f"it belongs in `{section}`"
    if key in members(case.root.get("properties")):
        return "it belongs at the top of the document"
    return f"known here: {listed(known)}" if len(known) <= FEW else "see `reconciler schema` for what is known"


def _pattern(case: Case) -> Iterator[Problem]:
    words = case.schema.get("patternErrorMessage") or f"does not have the form {case.rule}"
    what, _, how = str(words).partition(": ")
    yield _about_text(case, f"{shown(case.given)} {what}", how or None)


def _format(case: Case) -> Iterator[Problem]:
    what, example = {"date": ("a date", "2026-12-31")}.get(str(case.rule), ("an instant", "2026-12-31T00:00:00Z"))
    yield _about_text(case, f"{shown(case.given)} is not {what}", f'write it like "{example}"')


def _short_text(case: Case) -> Iterator[Problem]:
    yield _about_text(case, "text is wanted here, this is empty", None)


def _long_text(case: Case) -> Iterator[Problem]:
    yield _about_text(case, f"at most {case.rule} characters are possible here, these are {_size(case)}", None)


def _about_text(case: Case, message: str, detail: str | None) -> Problem:
    """The given text is a value, or, below `propertyNames`, a key of the mapping at the path."""
    if "propertyNames" in list(case.violation.absolute_schema_path)[-2:]:
        return Problem("SCHEMA108", (*case.path, str(case.given)), message, detail, key=True)
    return Problem("SCHEMA108", case.path, message, detail)


def _range(case: Case) -> Iterator[Problem]:
    bound = "least" if case.violation.validator == "minimum" else "most"
    yield Problem("SCHEMA109", case.path, f"at {bound} {case.rule} is possible here, this is {shown(case.given)}")


def _count(case: Case) -> Iterator[Problem]:
    own = case.schema.get("errorMessage")
    what = "entry" if case.rule == 1 else "entries"
    bound = "least" if str(case.violation.validator).startswith("min") else "most"
    message = f"at {bound} {case.rule} {what} wanted here, this has {_size(case)}"
    if own:
        subject = f"`{case.path[-1]}`" if case.path and isinstance(case.path[-1], str) else "this"
        message = f"{subject} {own}"
    yield Problem("SCHEMA110", case.path, message)


def _size(case: Case) -> int:
    return len(case.given) if isinstance(case.given, (str, list, dict)) else 0


def _duplicate(case: Case) -> Iterator[Problem]:
    what = shown(case.given) if not isinstance(case.given, (list, dict)) else "this entry"
    yield Problem("SCHEMA111", case.path, f"{what} is listed twice", "remove one of them")


def _refused(case: Case) -> Iterator[Problem]:
    reason = case.schema.get("errorMessage")
    name = shown(case.path[-1]) if case.path else "this"
    yield Problem("SCHEMA112", case.path, f"{name} is not possible here", str(reason) if reason else None, key=True)


def _union(case: Case) -> Iterator[Problem]:
    branches = case.rule if isinstance(case.rule, list) else []
    scores = [_fit(branch, case.given) for branch in branches]
    best = max(scores)
    if best == _UNFIT:
        wanted = dict.fromkeys(name for branch in branches for name in accepted_types(branch))
        yield _wrong_type(case, list(wanted))
        return
    chosen = scores.index(best)
    context = case.violation.context or ()
    yield from problems((inner for inner in context if inner.relative_schema_path[0] == chosen), case.root)


_UNFIT: Final = (-1, 0)


def _fit(branch: Json, given: Json) -> tuple[int, int]:
    """How evidently the branch is what was meant: right type first, then fields that it knows, then those it lacks."""
    accepted, kind = accepted_types(branch), kind_of(given)
    if kind not in accepted and not (kind == "integer" and "number" in accepted):
        return _UNFIT
    if not isinstance(given, dict) or not isinstance(branch, dict):
        return (0, 0)
    known, refused, required = (branch.get(word) for word in ("properties", "x-refused", "required"))
    named = sum(_belongs(key, members(known), members(refused)) for key in list(given)[:FEW])
    missing = sum(1 for name in required if name not in given) if isinstance(required, list) else 0
    return (named, -missing)


def _belongs(key: str, known: JsonObject, refused: JsonObject) -> int:
    if key in known:
        return 2
    return 1 if key in refused or nearest(key, known) else 0


WORDS: Final[dict[str, Callable[[Case], Iterator[Problem]]]] = {
    "type": _type,
    "enum": _enum,
    "const": _enum,
    "required": _required,
    "additionalProperties": _unknown,
    "pattern": _pattern,
    "format": _format,
    "minLength": _short_text,
    "maxLength": _long_text,
    "minimum": _range,
    "maximum": _range,
    "minItems": _count,
    "maxItems": _count,
    "minProperties": _count,
    "maxProperties": _count,
    "uniqueItems": _duplicate,
    "not": _refused,
    "anyOf": _union,
}
"""The words of each keyword that judges a value by itself; a test holds that the schemas use no others."""
