"""The requests of a plan, in the order in which apply would send them: what `apply --dry-run` is about."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import JsonObject
from . import json
from .members import number, objects, raw, text
from .style import PLAIN, Style, plural


def lines(changes: Sequence[JsonObject], *, style: Style) -> list[str]:
    """Every request under the address of its change, with its body as JSON (members sorted, as in saved plans)."""
    steps = sorted(
        (
            (number(operation, "step"), change, operation)
            for change in changes
            for operation in objects(change, "operations")
        ),
        key=lambda step: step[0],
    )
    if not steps:
        return ["Requests: none"]
    shown = [f"Requests, in order ({plural(len(steps), 'request')}, none is sent by showing them):"]
    last = None
    for _, change, operation in steps:
        if (address := raw(change, "address")) != last:
            shown += ["", f"  {style.paint(text(change, 'address'), 'bold')}"]
            last = address
        shown += [f"    {line}" for line in request(operation, style)]
    return shown


def request(operation: JsonObject, style: Style = PLAIN) -> list[str]:
    """One request with its number in the whole plan, and its body below it."""
    head = f"{number(operation, 'step')}. "
    shown = [f"{head}{style.paint(text(operation, 'method'), 'cyan')} {text(operation, 'path')}"]
    if "body" in operation:
        shown += [" " * len(head) + line for line in json.document(operation["body"], sort_keys=True).splitlines()]
    return shown
