"""One byte sequence for one value: what digests and fingerprints are made of, and what plan files hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring_ascii as _quoted
from math import isfinite
from typing import Any


def canonical(value: Any) -> str:
    """JSON with sorted keys, without blanks, ASCII only. Raises `ValueError` for NaN and infinities."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False, default=_plain)


def parsed(data: bytes) -> Any:
    """The value of a document that is in ASCII. Raises `ValueError` (also for duplicate keys and numbers that JSON does
    not know) and `RecursionError`.
    """
    return json.loads(data.decode("ascii"), object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite)


def digest(value: Any) -> str:
    """`sha256:` and the hexadecimal digest of the canonical form."""
    return "sha256:" + hashlib.sha256(canonical(value).encode("ascii")).hexdigest()


def unordered_digest(value: Any) -> str:
    """As `digest`, but blind to the order of lists: in which order Graph answers with a collection says nothing."""
    return "sha256:" + hashlib.sha256(_unordered(value).encode("ascii")).hexdigest()


def _unordered(value: Any) -> str:
    """One pass to text: sorting lists first and dumping them afterwards costs several times as much."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_quoted(key)}:{_unordered(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(sorted(map(_unordered, value))) + "]"
    return canonical(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _no_number(text)
