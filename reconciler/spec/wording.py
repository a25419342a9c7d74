"""Values and types in plain words, and what to write instead of a wrong one.

Called by `violations`, and by `schema` for kinds. Knows the types of JSON Schema and our `x-hint`, no keywords.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import Final

from ..model import Json, JsonObject

SHOWN: Final = 60
"""So many characters of a given text are repeated in a message; longer words get no suggestions either."""

TYPES: Final = {
    "array": "a list",
    "object": "a mapping",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "null",
}


def members(value: Json) -> JsonObject:
    """The members of a mapping; none where it is something else."""
    return value if isinstance(value, dict) else {}


def kind_of(value: Json) -> str:
    """The JSON Schema type of a value; a boolean is no integer, nor is 1.0."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, float)):
        return "integer" if isinstance(value, int) else "number"
    return "array" if isinstance(value, list) else "object"


def shown(value: Json) -> str:
    """A value as a message repeats it: short."""
    if isinstance(value, str):
        return f"`{_short(value)}`" if value else "empty text"
    if isinstance(value, (list, dict)):
        return TYPES[kind_of(value)]
    return "null" if value is None else _short(json.dumps(value))


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def this_is(value: Json) -> str:
    """What was given, after what is wanted: type and, where it is short, the value."""
    kind = kind_of(value)
    if kind == "string":
        return f"this is text: {_short(str(value))}" if value else "this is empty text"
    return f"this is the number {shown(value)}" if kind in {"integer", "number"} else f"this is {shown(value)}"


def listed(words: Iterable[str]) -> str:
    """Words as a message lists them."""
    return ", ".join(f"`{word}`" for word in words)


def accepted_types(schema: Json) -> tuple[str, ...]:
    """The types that a schema lets through; all of them where it does not say."""
    if not isinstance(schema, dict):
        return tuple(TYPES)
    if "type" in schema:
        named = schema["type"]
        return tuple(str(name) for name in named) if isinstance(named, list) else (str(named),)
    values = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else None
    return tuple(dict.fromkeys(map(kind_of, values))) if isinstance(values, list) else tuple(TYPES)


def nearest(word: Json, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, first by case alone."""
    words = list(known)
    if not isinstance(word, str) or len(word) > SHOWN:
        return None
    same = [other for other in words if other.casefold() == word.casefold()]
    return next(iter(same or get_close_matches(word, words, n=1, cutoff=0.7)), None)


_PLAIN: Final = re.compile(r"(?![-.0-9]|(?i:true|false|null|yes|no|on|off|y|n)$)[A-Za-z0-9_./-]+( [A-Za-z0-9_./-]+)*")


def _yaml(text: str) -> str:
    """Text as a YAML scalar inside a flow collection, quoted where plain text would mean something else."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def hint(schema: JsonObject, given: Json) -> str | None:
    """The schema's own words for a value of this type, with the given text, or the items in it, filled in."""
    words = members(schema.get("x-hint")).get(kind_of(given))
    if not isinstance(words, str):
        return None
    if not isinstance(given, str):
        return words
    items = ", ".join(_yaml(item.strip()) for item in given.strip("[] ").split(","))
    return words.replace("ITEMS", _short(items)).replace("VALUE", _short(_yaml(given)))


def repair(wanted: Sequence[str], given: Json) -> str | None:
    """What to write when the type is wrong and the schema has no hint of its own."""
    for want in wanted:
        fix = _REPAIRS.get((want, kind_of(given)))
        if fix is not None:
            return fix(given)
    return None


def _without_quotes(given: Json) -> str | None:
    text = str(given).strip().casefold()
    if text in {"true", "yes", "on"}:
        return "write true, without quotes"
    return "write false, without quotes" if text in {"false", "no", "off"} else None


def _integer(given: Json) -> str | None:
    text = str(given).strip()
    return f"write {text}, without quotes" if re.fullmatch(r"-?[0-9]{1,18}", text) else None


def _number(given: Json) -> str | None:
    text = str(given).strip()
    return f"write {text}, without quotes" if re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", text) else None


_REPAIRS: Final[dict[tuple[str, str], Callable[[Json], str | None]]] = {
    ("array", "object"): lambda given: "begin each entry with `- `",
    ("array", "null"): lambda given: "write [] for an empty list",
    ("object", "null"): lambda given: "write {}, or fill it in",
    ("string", "integer"): lambda given: f'quote it: "{_short(str(given))}"',
    ("string", "number"): lambda given: f'quote it: "{given}"',
    ("string", "boolean"): lambda given: f'quote it: "{shown(given)}"',
    ("string", "null"): lambda given: "write a text, or leave the field out",
    ("boolean", "string"): _without_quotes,
    ("boolean", "integer"): lambda given: {0: "write false", 1: "write true"}.get(int(str(given))),
    ("boolean", "null"): lambda given: "write true or false, or leave the field out",
    ("integer", "string"): _integer,
    ("integer", "boolean"): lambda given: f"write {int(bool(given))}",
    ("integer", "number"): lambda given: f"write {given:.0f}" if float(str(given)).is_integer() else None,
    ("number", "string"): _number,
}
