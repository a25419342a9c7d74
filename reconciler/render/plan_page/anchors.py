"""Where on the page something is: the targets of its links."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...model import JsonObject
from .. import page
from ..elements import Html, element
from ..members import objects, raw
from ..summary import is_pending

_ADDRESS = re.compile(r"[A-Z][A-Za-z0-9]*/[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Anchors:
    """The changes of a plan by their addresses, so that links to them stay the same from one plan to the next."""

    changes: Mapping[str, str] = field(default_factory=dict)
    """Addresses that link, with the id of their change."""
    told: Mapping[str, Sequence[JsonObject]] = field(default_factory=dict)
    """Addresses whose change shows the findings about it, with these."""
    untold: Sequence[JsonObject] = ()
    """The findings that no change shows."""

    @classmethod
    def of(cls, document: JsonObject) -> Anchors:
        """Only addresses of the right form that stand for one change: ids have to be unique."""
        every = objects(document, "changes")
        often = Counter(raw(change, "address") for change in every)
        fit = {address: address for address, times in often.items() if times == 1 and _ADDRESS.fullmatch(address)}
        shows = {raw(c, "address") for c in every if is_pending(c) or c.get("refused") is True} & fit.keys()
        told: dict[str, list[JsonObject]] = {address: [] for address in shows}
        untold: list[JsonObject] = []
        for finding in objects(document, "diagnostics"):
            told.get(raw(finding, "address"), untold).append(finding)
        return cls(fit, told, untold)

    def link(self, address: str) -> Html:
        """An address, leading to its change where the page has it."""
        shown = page.code(address)
        return element("a", shown, href=f"#{self.changes[address]}") if address in self.changes else shown
