"""JSON as we take and give it: one meaning per document, or an error.

The standard library silently keeps the last of two equal keys and takes NaN; either would let a broken answer pass
as a good one.
"""

from __future__ import annotations

import json
import math
from typing import NoReturn

from ..model import Json


def decode(body: bytes) -> Json:
    """The value of a JSON document in UTF-8. Raises `ValueError` with a reason for people."""
    try:
        value: Json = _DECODER.decode(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def encode(value: Json) -> bytes:
    """The bytes that are sent: UTF-8, keys in the order of the value."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:80]!r} stands twice in one object")
    return members


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:80]} is out of range")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_number)
