"""Judges a JSON body by the contract: every request body that arrives, and every response that the emulator sends.

One check is compiled for each type and purpose and kept, so that judging costs microseconds. Findings carry a JSON
Pointer; the server turns those of a request into a 400 shaped as Intune's, and raises on those of a response.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache

from reconciler.model import Json, JsonObject

from .schema import Contract, GraphType, Property, contract


class Purpose(Enum):
    """What a body is for. Read-only properties are refused in requests, annotations are allowed in responses."""

    CREATE = "create"
    UPDATE = "update"
    RESPONSE = "response"


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation. `path` is a JSON Pointer; `problem` one of unknown-property, wrong-type, range, enum,
    unknown-type, missing-type, null, read-only."""

    path: str
    problem: str
    detail: str

    def __str__(self) -> str:
        return f"{self.path or '/'}: {self.detail}"


Check = Callable[[Json, str, list[Finding]], None]

INT32 = range(-(2**31), 2**31)
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)\Z")
DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}\Z")


def findings(body: Json, type_name: str, purpose: Purpose) -> list[Finding]:
    """All violations of a body whose declared type is `type_name`; empty means it is fine."""
    found: list[Finding] = []
    _compiled(type_name, purpose)(body, "", found)
    return found


def action_findings(body: Json, parameters: dict[str, str]) -> list[Finding]:
    """Violations of an action's body. `parameters` as in the contract's routes: name -> type, `[type]` for lists."""
    if not isinstance(body, dict):
        return [Finding("", "wrong-type", "a JSON object was expected")]
    found: list[Finding] = []
    for name, value in body.items():
        wire = parameters.get(name)
        if wire is None:
            found.append(Finding(f"/{name}", "unknown-property", f"the action has no parameter '{name}'"))
        else:
            prop = Property(name, wire.strip("[]"), wire.startswith("["), False, False, False, False, False)
            _value_check(prop, Purpose.CREATE)(value, f"/{name}", found)
    return found


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


@cache
def _compiled(type_name: str, purpose: Purpose) -> Check:
    return _object_check(contract(), type_name, purpose)


def _object_check(book: Contract, static: str, purpose: Purpose) -> Check:
    """A check for objects of a declared type. Members are compiled on first use, since types refer to each other."""
    declared = book.types[static]
    members: dict[str, dict[str, Check]] = {}

    def table(actual: GraphType) -> dict[str, Check]:
        if actual.name not in members:
            members[actual.name] = _member_checks(actual, purpose)
        return members[actual.name]

    def check(value: Json, path: str, found: list[Finding]) -> None:
        if not isinstance(value, dict):
            found.append(Finding(path, "wrong-type", f"an object of type '{static}' was expected"))
            return
        actual = _actual(book, declared, value, path, found, purpose)
        if actual is None:
            return
        checks = table(actual)
        for name, member in value.items():
            if "@" in name:
                _annotation(name, path, found, purpose)
                continue
            judge = checks.get(name)
            if judge is None:
                text = f"The property '{name}' does not exist on type 'microsoft.graph.{actual.name}'."
                found.append(Finding(f"{path}/{_escape(name)}", "unknown-property", text))
            else:
                judge(member, f"{path}/{name}", found)  # known names need no escaping

    return check


def _actual(
    book: Contract, declared: GraphType, value: JsonObject, path: str, found: list[Finding], purpose: Purpose
) -> GraphType | None:
    """The type that the value says it has; None (with a finding, or for a foreign type in a response) if unclear."""
    given = value.get("@odata.type")
    if given is None:
        if not declared.abstract:
            return declared
        text = f"'@odata.type' is needed, because 'microsoft.graph.{declared.name}' is abstract."
        found.append(Finding(path, "missing-type", text))
        return None
    actual = book.named(given) if isinstance(given, str) else None
    if actual is not None and not actual.abstract and book.derives(actual.name, declared.name):
        return actual
    name = str(given).removeprefix("#").removeprefix("microsoft.graph.")
    if purpose is Purpose.RESPONSE and actual is None:
        return None  # an administrator's object of a kind that the contract does not describe
    text = f"A type named '{name}' could not be resolved as a '{declared.name}'."
    found.append(Finding(f"{path}/@odata.type", "unknown-type", text))
    return None


def _annotation(name: str, path: str, found: list[Finding], purpose: Purpose) -> None:
    if name != "@odata.type" and purpose is not Purpose.RESPONSE:
        text = f"The annotation '{name}' is not accepted in a request."
        found.append(Finding(f"{path}/{_escape(name)}", "unknown-property", text))


def _member_checks(actual: GraphType, purpose: Purpose) -> dict[str, Check]:
    checks = {name: _lazy(prop, purpose) for name, prop in actual.properties.items()}
    if purpose is Purpose.RESPONSE:
        checks.update({name: _lazy(prop, purpose) for name, prop in actual.undocumented.items()})
    return checks


def _lazy(prop: Property, purpose: Purpose) -> Check:
    compiled: list[Check] = []

    def check(value: Json, path: str, found: list[Finding]) -> None:
        if not compiled:
            compiled.append(_value_check(prop, purpose))
        compiled[0](value, path, found)

    return check


def _value_check(prop: Property, purpose: Purpose) -> Check:
    """A check for a property's value: its null, its list, its read-only-ness, then its type."""
    settable = not prop.navigation or (prop.insertable and purpose is Purpose.CREATE)
    if purpose is not Purpose.RESPONSE and (prop.read_only or not settable):
        return _refuse(f"The property '{prop.name}' is read-only and cannot be set.")
    single = _type_check(prop.type, purpose)
    if not prop.collection:
        return _nullable(single) if prop.nullable else _not_null(single, prop.name)

    def check(value: Json, path: str, found: list[Finding]) -> None:
        if not isinstance(value, list):
            problem = "null" if value is None else "wrong-type"
            found.append(Finding(path, problem, f"'{prop.name}' has to be a list."))
            return
        for index, item in enumerate(value):
            single(item, f"{path}/{index}", found)

    return check


def _refuse(text: str) -> Check:
    return lambda value, path, found: found.append(Finding(path, "read-only", text))


def _nullable(single: Check) -> Check:
    def check(value: Json, path: str, found: list[Finding]) -> None:
        if value is not None:
            single(value, path, found)

    return check


def _not_null(single: Check, name: str) -> Check:
    def check(value: Json, path: str, found: list[Finding]) -> None:
        if value is None:
            found.append(Finding(path, "null", f"'{name}' cannot be null."))
        else:
            single(value, path, found)

    return check


def _type_check(name: str, purpose: Purpose) -> Check:
    book = contract()
    if name in book.types:
        return _compiled(name, purpose)
    if name in book.enums:
        return _enum_check(name, book)
    if name in PRIMITIVES:
        return _primitive_check(name, PRIMITIVES[name])
    return lambda value, path, found: None  # external: the contract only knows the name


def _enum_check(name: str, book: Contract) -> Check:
    members = frozenset(book.enums[name])

    def check(value: Json, path: str, found: list[Finding]) -> None:
        parts = value.split(",") if isinstance(value, str) and name in book.flags else [value]
        if not all(isinstance(part, str) and part in members for part in parts):
            problem = "enum" if isinstance(value, str) else "wrong-type"
            found.append(Finding(path, problem, f"The value '{value}' is not a member of 'microsoft.graph.{name}'."))

    return check


def _is_int(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _matches(pattern: re.Pattern[str]) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, str) and pattern.match(value) is not None


PRIMITIVES: dict[str, Callable[[Json], bool]] = {
    "String": lambda value: isinstance(value, str),
    "Boolean": lambda value: isinstance(value, bool),
    "Int32": lambda value: _is_int(value) and value in INT32,
    "Double": lambda value: isinstance(value, float) or _is_int(value),
    "DateTimeOffset": _matches(DATE_TIME),
    "Date": _matches(DATE),
    "Guid": _matches(GUID),
    "Binary": _matches(BASE64),
    "Duration": lambda value: isinstance(value, str),
    "TimeOfDay": lambda value: isinstance(value, str),
}


def _primitive_check(name: str, accepts: Callable[[Json], bool]) -> Check:
    def check(value: Json, path: str, found: list[Finding]) -> None:
        if not accepts(value):
            problem = "range" if name == "Int32" and _is_int(value) else "wrong-type"
            text = f"Cannot convert the literal '{str(value)[:80]}' to the expected type 'Edm.{name}'."
            found.append(Finding(path, problem, text))

    return check
