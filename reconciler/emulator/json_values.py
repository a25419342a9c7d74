"""Narrowing of JSON values that came from outside."""

from __future__ import annotations

from reconciler.model import Json, JsonObject


def objects(value: Json) -> list[JsonObject]:
    """The objects in a JSON list; nothing for any other value."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
