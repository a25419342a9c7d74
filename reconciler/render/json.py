"""Documents as JSON text, for other programs."""

from __future__ import annotations

import json
from typing import Any


def document(value: Any, *, sort_keys: bool = False) -> str:
    """The value as JSON: ASCII only, two blanks a level, members in their order or sorted, a line end at the end.

    Two number signs in a row never stand in it as such: Azure Pipelines takes `##vso[` in any line for a command. The
    escape means the same to every reader of JSON. Raises `ValueError` for NaN and infinities, which JSON does not have.
    """
    shown = json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False, sort_keys=sort_keys)
    return shown.replace("##", "#\\u0023") + "\n"
