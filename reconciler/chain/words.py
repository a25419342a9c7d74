"""Targets in words, for sentences about people."""

from __future__ import annotations

from ..assignments import Target
from ..live import Names


def in_words(target: Target, names: Names) -> str:
    """A target as people would say it."""
    known = names.groups_by_id.get(target.group)
    gone = "deleted group" if known and known.name is None else "group"
    group = f"the group {known.name!r}" if known and known.name else f"the {gone} {target.group}"
    whom = (
        group if target.who == "group" else {"users": "all users", "devices": "all devices"}.get(target.who, "others")
    )
    if target.exclude:
        return f"not {whom}"
    if target.filter is None:
        return whom
    name = names.filters_by_id.get(target.filter.id, target.filter.id)
    return f"{whom} {'that fit' if target.filter.mode == 'include' else 'but for'} the filter {name!r}"
