"""Files of a bundle that follow from a record: each object before and after, and the requests, to be read alone.

What a reader looks at first stands in the record already, in one long line; here it is laid out. `check` makes these
files anew and compares, so they can say nothing that the record does not.
"""

from __future__ import annotations

import json
from typing import Any

from ..model import Json, JsonObject

_FORMAT = 1


def readable(value: Json) -> bytes:
    """JSON as people read it. One value has one such text: sorted keys, ASCII only."""
    return (json.dumps(value, sort_keys=True, indent=2, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def files(record: JsonObject) -> dict[str, bytes]:
    """The files that follow from a record, by their names below the folder of the run."""
    results: Any = record["results"]
    found = {"requests.json": readable({"formatVersion": _FORMAT, "requests": _requests(results)})}
    for number, result in enumerate(results, 1):
        if "before" in result or "after" in result:
            found[f"objects/{number:04}-{result['address'].replace('/', '.')}.json"] = readable(_object(result))
    return found


def _object(result: Any) -> JsonObject:
    """`after` is left out where nothing was read after a write, as in the record."""
    sides = {side: result[side] for side in ("before", "after") if side in result}
    kept = {key: result[key] for key in ("address", "action", "status", "liveId")}
    return {"formatVersion": _FORMAT, **kept, **sides}


def _requests(results: Any) -> list[Json]:
    return [{"address": result["address"], **request} for result in results for request in result["requests"]]
