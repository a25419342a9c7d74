"""`$filter`: the part of OData's language that published tools use against these collections; the rest is refused.

    or, and, not, parentheses; eq, ne, in; gt, ge, lt, le (dates of logs and managed devices); isof('type'); contains,
    startswith; tolower, toupper; casts and paths
    (`microsoft.graph.managedApp/appAvailability`, `templateReference/templateFamily`)

`compile_filter` gives a predicate over an object as it reads on the wire. Property names match in any case, and unknown
ones are refused with 400, as everything that cannot be read.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from reconciler.model import Json, JsonObject

from .contract.schema import Contract, GraphType
from .errors import GraphError, bad_request

Predicate = Callable[[JsonObject], bool]
Operand = Callable[[JsonObject], Json]

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')"
    r"|(?P<moment>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?(?:Z|[+-]\d\d:\d\d))?)(?![\w-])|(?P<guid>[0-9a-fA-F]{8}-[0-9a-fA-F-]{27})|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])"
    r"|(?P<word>[A-Za-z_][\w.]*(?:/[A-Za-z_][\w.]*)*)|(?P<sign>[(),]))"
)
ORDERED: Mapping[str, Callable[[datetime, datetime], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
DATED = frozenset({"auditEvent", "deviceManagementTroubleshootingEvent", "directoryAudit", "managedDevice"})
"""Types whose dates may be compared."""
CONSTANTS: Mapping[str, Json] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def compile_filter(text: str, static: GraphType, contract: Contract, *, fold_case: bool = False) -> Predicate:
    """A predicate for `$filter=text` over items of a declared type. Raises `GraphError` 400 where it cannot be read."""
    parser = _Parser(_tokens(text), static, contract, fold_case)
    predicate = parser.either()
    parser.end()
    return predicate


def _refused(reason: str) -> GraphError:
    return bad_request(f"Invalid filter clause: {reason}")


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise _refused(f"Syntax error at position {position} in '{text}'.")
        kind = str(match.lastgroup)
        found.append(_Token(kind, match[kind]))
        position = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[_Token], static: GraphType, contract: Contract, fold_case: bool) -> None:
        self._tokens = tokens
        self._next = 0
        self._static = static
        self._contract = contract
        self._fold = fold_case

    # -- tokens ---------------------------------------------------------------------------------------------------

    def _peek(self) -> str:
        return self._tokens[self._next].text if self._next < len(self._tokens) else ""

    def _take(self, expected: str | None = None) -> _Token:
        if self._next >= len(self._tokens):
            raise _refused("Expression expected at the end.")
        token = self._tokens[self._next]
        if expected is not None and token.text != expected:
            raise _refused(f"'{expected}' expected where '{token.text}' stands.")
        self._next += 1
        return token

    def end(self) -> None:
        if self._next < len(self._tokens):
            raise _refused(f"'{self._peek()}' is not expected.")

    # -- predicates -----------------------------------------------------------------------------------------------

    def either(self) -> Predicate:
        parts = [self._both()]
        while self._peek() == "or":
            self._take()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda item: any(part(item) for part in parts)

    def _both(self) -> Predicate:
        parts = [self._negated()]
        while self._peek() == "and":
            self._take()
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else lambda item: all(part(item) for part in parts)

    def _negated(self) -> Predicate:
        if self._peek() == "not":
            self._take()
            inner = self._negated()
            return lambda item: not inner(item)
        return self._primary()

    def _primary(self) -> Predicate:
        word = self._peek()
        if word == "(":
            self._take()
            inner = self.either()
            self._take(")")
            return inner
        if word == "isof":
            return self._isof()
        if word in ("contains", "startswith"):
            return self._text_test(word)
        return self._comparison()

    def _isof(self) -> Predicate:
        self._take()
        self._take("(")
        name = _text(self._take()).removeprefix("#").removeprefix("microsoft.graph.")
        self._take(")")
        contract = self._contract
        if name not in contract.types and name not in contract.external:
            raise _refused(f"The type 'microsoft.graph.{name}' is not defined in the model.")

        def test(item: JsonObject) -> bool:
            actual = str(item.get("@odata.type", self._static.odata_type)).removeprefix("#microsoft.graph.")
            return name in (actual, self._static.name) or contract.derives(actual, name)

        return test

    def _text_test(self, word: str) -> Predicate:
        self._take()
        self._take("(")
        left = self._operand()
        self._take(",")
        right = self._operand()
        self._take(")")
        fold = self._folded

        def test(item: JsonObject) -> bool:
            whole, part = fold(left(item)), fold(right(item))
            if not isinstance(whole, str) or not isinstance(part, str):
                return False
            return whole.startswith(part) if word == "startswith" else part in whole

        return test

    def _comparison(self) -> Predicate:
        left = self._operand()
        sign = self._take().text
        fold = self._folded
        if sign == "in":
            values = self._values()
            return lambda item: fold(left(item)) in [fold(value(item)) for value in values]
        if sign in ORDERED and self._static.name in DATED:
            return self._order(left, ORDERED[sign])
        if sign not in ("eq", "ne"):
            raise _refused(f"The operator '{sign}' is not supported here.")
        right = self._operand()
        wanted = sign == "eq"
        return lambda item: (fold(left(item)) == fold(right(item))) is wanted

    def _order(self, left: Operand, holds: Callable[[datetime, datetime], bool]) -> Predicate:
        token = self._take()
        if token.kind != "moment":
            raise _refused(f"'{token.text}' is not a date.")
        bound = _moment(token.text)

        def test(item: JsonObject) -> bool:
            value = left(item)
            return isinstance(value, str) and holds(_moment(value), bound)

        return test

    def _folded(self, value: Json) -> Json:
        return value.casefold() if self._fold and isinstance(value, str) else value

    def _values(self) -> list[Operand]:
        self._take("(")
        values = [self._operand()]
        while self._peek() == ",":
            self._take()
            values.append(self._operand())
        self._take(")")
        return values

    # -- operands -------------------------------------------------------------------------------------------------

    def _operand(self) -> Operand:
        token = self._take()
        if token.kind in ("text", "guid"):
            constant: Json = _text(token) if token.kind == "text" else token.text
            return lambda item: constant
        if token.kind == "number":
            number = float(token.text) if "." in token.text else int(token.text)
            return lambda item: number
        if token.kind != "word":
            raise _refused(f"'{token.text}' is not expected.")
        if token.text in ("tolower", "toupper"):
            return self._case_function(token.text)
        if token.text in CONSTANTS:
            known = CONSTANTS[token.text]
            return lambda item: known
        if self._peek() == "(":
            raise _refused(f"An unknown function with name '{token.text}' was found.")
        return self._property(token.text)

    def _case_function(self, name: str) -> Operand:
        self._take("(")
        inner = self._operand()
        self._take(")")

        def value(item: JsonObject) -> Json:
            text = inner(item)
            if not isinstance(text, str):
                return text
            return text.lower() if name == "tolower" else text.upper()

        return value

    def _property(self, path: str) -> Operand:
        steps: list[str] = []
        here = self._static
        for step in path.split("/"):
            cast = self._contract.named(step) if step.startswith("microsoft.graph.") else None
            if cast is not None:
                here = cast
                continue
            name = next((known for known in here.properties if known.lower() == step.lower()), None)
            if name is None:
                raise _refused(f"Could not find a property named '{step}' on type 'microsoft.graph.{here.name}'.")
            steps.append(name)
            here = self._contract.types.get(here.properties[name].type, here)

        def value(item: JsonObject) -> Json:
            found: Json = item
            for step in steps:
                found = found.get(step) if isinstance(found, dict) else None
            return found

        return value


def _moment(text: str) -> datetime:
    """A date of Graph, whose seventh fractional digit is dropped; without a time, its midnight."""
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", lambda m: m[1].ljust(7, "0"), text))
    except ValueError:
        raise _refused(f"'{text}' is not a date.") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _text(token: _Token) -> str:
    if token.kind != "text":
        raise _refused(f"A string in quotes was expected where '{token.text}' stands.")
    return token.text[1:-1].replace("''", "'")
