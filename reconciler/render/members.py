"""Members of a JSON document, read as what they should be: a damaged document is shown as far as it goes.

Saved plans and records may come from other versions; what is missing or of another type reads as nothing.
"""

from __future__ import annotations

from ..model import Json, JsonObject
from .safe import safe


def objects(document: JsonObject, key: str) -> list[JsonObject]:
    """The objects of a list."""
    value = document.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def member(document: JsonObject, key: str) -> JsonObject:
    """An object."""
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def entries(document: JsonObject, key: str) -> list[Json]:
    """A list."""
    value = document.get(key)
    return value if isinstance(value, list) else []


def raw(document: JsonObject, key: str) -> str:
    """A text as it is, empty where there is none. Never printed as it is."""
    value = document.get(key)
    return value if isinstance(value, str) else ""


def text(document: JsonObject, key: str) -> str:
    """A text made safe, empty where there is none."""
    return safe(raw(document, key))


def texts(document: JsonObject, key: str) -> list[str]:
    """The texts of a list, made safe."""
    return [safe(each) for each in entries(document, key) if isinstance(each, str)]


def number(document: JsonObject, key: str, default: int = 0) -> int:
    """A whole number."""
    value = document.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else default
