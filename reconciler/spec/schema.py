"""Documents against the JSON Schemas of `schemas/v1`: which kind, which fields, which types.

The only user of jsonschema, which is imported when the first document is checked. The schema is picked by `apiVersion`
and `kind` before anything is judged; validators are built once a kind and run once a document. Called by `load`, by
`workspace`, and wherever a plan or run document is read back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from difflib import get_close_matches
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol

from ..diagnostics import Diagnostic, Severity
from ..model import Address, Json, JsonObject, Path, pointer
from . import schema_files, violations
from .violations import Problem
from .wording import SHOWN, shown

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

API_VERSION: Final = "intune.reconciler/v1"
WORKSPACE: Final = "Workspace"
PINS: Final = "Pins"
LIMIT: Final = 100
"""So many problems are told of one document; a hostile one could hold a hundred thousand."""

RULES: Final = {
    "SCHEMA101": "The document has another `apiVersion` than this version of the tool reads.",
    "SCHEMA102": "The document does not say its `kind`.",
    "SCHEMA103": "The `kind` is not known, or does not belong into a spec file.",
    "SCHEMA104": "A required field is missing.",
    "SCHEMA105": "A field is not known at this place.",
    "SCHEMA106": "A value has the wrong type.",
    "SCHEMA107": "A value is not one of those allowed.",
    "SCHEMA108": "A text does not have the form that is wanted.",
    "SCHEMA109": "A number is too small or too large.",
    "SCHEMA110": "A list or mapping has too few or too many entries.",
    "SCHEMA111": "A list holds an entry twice.",
    "SCHEMA112": "A field is refused in this combination or for this kind.",
    "SCHEMA199": "There are more problems in this document than are told.",
}
"""Rule ids of this module, each with what it means."""


class Document(Protocol):
    """What is used of `source.Document`."""

    @property
    def value(self) -> Json: ...

    def diagnostic(
        self,
        severity: Severity,
        rule: str,
        message: str,
        *,
        detail: str | None = None,
        path: Path = (),
        key: bool = False,
        address: Address | None = None,
    ) -> Diagnostic: ...


def kinds() -> tuple[str, ...]:
    """The kinds that a spec file may declare, sorted."""
    return tuple(schema_files.kinds())


def schema_text(name: str) -> str:
    """The schema of a kind, or the document of that name (`spec`, `workspace`, `pins`, `plan`, `run`, `diagnostics`).

    As text that stands on its own. Raises `KeyError` for another name.
    """
    if name == schema_files.UNION:
        schema = schema_files.union()
    elif name in schema_files.DOCUMENTS - {schema_files.COMMON}:
        return schema_files.text(name)
    else:
        schema = schema_files.bundled(schema_files.kinds()[name])
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def check(document: Document) -> list[Diagnostic]:
    """What is wrong with a spec document, in the order of its text; empty when it is valid. Never raises."""
    value = document.value
    found = _unreadable(value)
    if found is None:
        assert isinstance(value, dict), "only mappings have a kind"
        found = _problems(schema_files.kinds()[str(value["kind"])], value)
    return _diagnostics(document, found)


def check_workspace(document: Document) -> list[Diagnostic]:
    """What is wrong with a workspace document, like `check`."""
    return _diagnostics(document, _problems("workspace", document.value))


def check_pins(document: Document) -> list[Diagnostic]:
    """What is wrong with a pins document, like `check`."""
    return _diagnostics(document, _problems("pins", document.value))


def check_value(schema: str, value: Json) -> list[tuple[str, str]]:
    """Path (JSON Pointer) and message of all that is wrong with a value, by a schema's name: `plan`, `run`, …"""
    return [(pointer(problem.path), problem.message) for problem in _problems(schema, value)]


def check_spec(value: JsonObject) -> list[tuple[str, str]]:
    """As `check_value`, of a spec of a known kind that stands in no file."""
    return check_value(schema_files.kinds()[str(value["kind"])], value)


def _diagnostics(document: Document, found: list[Problem]) -> list[Diagnostic]:
    if not found:
        return []
    address = _address(document.value)
    return [
        document.diagnostic(
            Severity.ERROR,
            problem.rule,
            problem.message,
            detail=problem.detail,
            path=problem.path,
            key=problem.key,
            address=address,
        )
        for problem in found
    ]


def _address(value: Json) -> Address | None:
    """The address, where kind and name can be made out."""
    kind = value.get("kind") if isinstance(value, dict) else None
    metadata = value.get("metadata") if isinstance(value, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    known = isinstance(kind, str) and kind in schema_files.kinds() and isinstance(name, str) and name
    return Address(str(kind), str(name)) if known and "/" not in str(name) else None


# Which schema


def _unreadable(value: Json) -> list[Problem] | None:
    """Why no schema can be picked; None when one can."""
    if not isinstance(value, dict):
        return [Problem("SCHEMA106", (), "a spec is a mapping", "begin it with `apiVersion`, `kind` and `metadata`")]
    version = value.get("apiVersion", API_VERSION)
    if version != API_VERSION:
        message = f"{shown(version)} is not a known version of the format"
        return [Problem("SCHEMA101", ("apiVersion",), message, f"write {API_VERSION}")]
    known = kinds()
    if "kind" not in value:
        unversioned = Problem("SCHEMA104", ("apiVersion",), "`apiVersion` is required here", f"write {API_VERSION}")
        untold = Problem("SCHEMA102", ("kind",), "`kind` is required here", f"one of {', '.join(known)}")
        return [untold] if "apiVersion" in value else [unversioned, untold]
    kind = value["kind"]
    return None if isinstance(kind, str) and kind in known else [_unknown_kind(kind, known)]


def _unknown_kind(kind: Json, known: tuple[str, ...]) -> Problem:
    if kind == WORKSPACE:
        return Problem("SCHEMA103", ("kind",), "a workspace is not a spec", "it belongs in reconciler.yaml")
    if kind == PINS:
        return Problem("SCHEMA103", ("kind",), "pins are not a spec", "they belong in pins/TENANT.yaml")
    near: list[str] = []
    if isinstance(kind, str) and len(kind) <= SHOWN:
        lower = {name.casefold(): name for name in known}
        near = [lower[name] for name in get_close_matches(kind.casefold(), list(lower), n=3, cutoff=0.5)]
    detail = f"did you mean {' or '.join(near)}?" if near else f"known kinds: {', '.join(known)}"
    return Problem("SCHEMA103", ("kind",), f"{shown(kind)} is not a known kind", detail)


# What the schema finds


def _problems(name: str, value: Json) -> list[Problem]:
    errors = list(islice(_validator(name).iter_errors(value), LIMIT + 1))
    if not errors:
        return []
    found = violations.problems(errors, schema_files.inlined(name))
    each_once = _without_refused(list(dict.fromkeys(islice(found, 2 * LIMIT))))
    ordered = sorted(each_once[:LIMIT], key=_DocumentOrder(value))
    if max(len(errors), len(each_once)) > LIMIT:
        ordered.append(Problem("SCHEMA199", (), f"only the first {LIMIT} problems of this document are told"))
    return ordered


def _without_refused(found: list[Problem]) -> list[Problem]:
    """What is refused has no further faults."""
    refused = {problem.path for problem in found if problem.rule == "SCHEMA112"}

    def moot(problem: Problem) -> bool:
        above = (problem.path[:length] for length in range(len(problem.path) + 1))
        return problem.rule != "SCHEMA112" and any(path in refused for path in above)

    return [problem for problem in found if not (refused and moot(problem))]


class _DocumentOrder:
    """Sorts problems as their places come in the document; what is missing comes after what is there."""

    def __init__(self, value: Json) -> None:
        self._value = value
        self._indexes: dict[int, dict[str, int]] = {}

    def __call__(self, problem: Problem) -> tuple[tuple[int, ...], str, str]:
        return (tuple(self._ranks(problem.path)), problem.rule, problem.message)

    def _ranks(self, path: Path) -> Iterator[int]:
        node = self._value
        for part in path:
            if isinstance(node, dict):
                index = self._indexes.setdefault(id(node), {key: place for place, key in enumerate(node)})
                yield index.get(str(part), len(index))
                node = node.get(str(part))
            elif isinstance(node, list) and isinstance(part, int):
                yield part
                node = node[part]


@cache
def _validator(name: str) -> Draft202012Validator:
    """The validator of a schema, built once; there are no references to follow."""
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.validators import extend

    formats = FormatChecker(formats=())
    formats.checks("date", raises=ValueError)(_is_date)
    formats.checks("date-time", raises=ValueError)(_is_instant)
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    strict = extend(  # type: ignore[no-untyped-call]  # the stubs leave it bare
        Draft202012Validator, {"uniqueItems": _unique_items}, type_checker=types
    )
    return strict(schema_files.inlined(name), format_checker=formats)  # type: ignore[no-any-return]


def _is_date(value: object) -> bool:
    if isinstance(value, str):
        if len(value) != len("2026-12-31"):
            raise ValueError(value)
        date.fromisoformat(value)
    return True


def _is_instant(value: object) -> bool:
    """RFC 3339, which demands a time zone; `fromisoformat` alone takes more than that."""
    if isinstance(value, str):
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None or value[10:11] not in {"T", "t"} or len(value) < len("2026-12-31T00:00:00Z"):
            raise ValueError(value)
    return True


def _unique_items(validator: object, wanted: bool, items: Json, schema: JsonObject) -> Iterator[ValidationError]:
    """One violation for each repeated entry, at its place. Linear: jsonschema's own is quadratic for mappings."""
    from jsonschema.exceptions import ValidationError

    seen: set[str] = set()
    for index, item in enumerate(items if wanted and isinstance(items, list) else []):
        known = json.dumps(item, sort_keys=True)
        if known in seen:
            yield ValidationError("repeated", instance=item, path=[index])
        seen.add(known)
