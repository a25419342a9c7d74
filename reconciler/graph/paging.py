"""A list of many pages, proven complete or refused. Pure; `client` fetches, this judges.

A list that ends early looks like absence, and absence makes a reconciler create or delete. So a page counts only if it
is one, and the list ends only where a page says so by having no nextLink. An empty page in the middle is legal
(Microsoft Graph documentation: paging), and `@odata.count` proves nothing (Intune sends 0 with items).
"""

from __future__ import annotations

from typing import Final, TypeAlias

from ..model import Json, JsonObject
from .errors import GraphError, IncompleteRead, UntrustedUrl
from .origin import Origin
from .wording import printable

PAGE_LIMIT: Final = 10_000

Objects: TypeAlias = "list[JsonObject]"
Lists: TypeAlias = "list[Objects | GraphError]"

NEXT: Final = "@odata.nextLink"


class Collection:
    """The objects of one list as they come in, page by page."""

    def __init__(self, origin: Origin, path: str, *, page_limit: int = PAGE_LIMIT) -> None:
        self.objects: Objects = []
        self._origin = origin
        self._path = path
        self._page_limit = page_limit
        self._targets = {path}
        self._by_id: dict[str, JsonObject] = {}

    def add(self, page: Json) -> str | None:
        """Take a page in; the path of the next one, or None at the end. Raises `IncompleteRead`."""
        if not isinstance(page, dict):
            raise self._incomplete("a page is not an object")
        items = page.get("value")
        if not isinstance(items, list):
            raise self._incomplete("a page has no list of values")
        for item in items:
            self._take(item)
        return self._next(page)

    def _take(self, item: Json) -> None:
        if not isinstance(item, dict):
            raise self._incomplete("a value of the list is not an object")
        identity = item.get("id")
        if not isinstance(identity, str):
            self.objects.append(item)
            return
        known = self._by_id.setdefault(identity, item)
        if known is item:
            self.objects.append(item)
        elif known != item:
            raise self._incomplete(f"the object {identity} came twice and differs; it was changed meanwhile")

    def _next(self, page: JsonObject) -> str | None:
        if NEXT not in page:
            return None
        link = page[NEXT]
        if not isinstance(link, str) or not link:
            raise self._incomplete("its nextLink is not a URL")
        try:
            target = self._origin.next_target(link, after=self._path)
        except UntrustedUrl as untrusted:
            raise self._incomplete(untrusted.message) from None
        if target in self._targets:
            raise self._incomplete("its nextLink leads back to a page that was read")
        if len(self._targets) >= self._page_limit:
            raise self._incomplete(f"it has more than {self._page_limit} pages")
        self._targets.add(target)
        return target

    def _incomplete(self, why: str) -> IncompleteRead:
        path = printable(self._path.partition("?")[0], limit=200)
        return IncompleteRead(
            f"the list {path} is not known to be complete: {why}",
            hint="Nothing is concluded from a list that may lack objects. Run again; if it stays so, report it.",
        )
