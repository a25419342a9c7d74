"""One signed-in connection to one tenant: what the engine reads and writes through. Made by `connect`.

Paths begin with `/beta/` or `/v1.0/` and come percent-encoded. Bodies and answers are plain JSON. Every error is one of
`errors`, and its class says what is known of the request.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from ..model import Absent, Json
from .approval import approval_headers
from .batch import Answers, read_batch, together
from .errors import GraphError, IncompleteRead, OutcomeUnknown, Refused, Throttled
from .exchange import Answer, Exchange, Repeat, Request
from .jwt import Identity
from .origin import Origin
from .paging import PAGE_LIMIT, Collection, Lists, Objects
from .sender import Sender, read_headers
from .strictjson import encode

__all__ = ["Answer", "Exchange", "Graph"]


class Graph:
    """Reads and writes of one connection. Safe to use from many tasks of one event loop."""

    def __init__(self, sender: Sender, origin: Origin, identity: Identity, *, page_limit: int = PAGE_LIMIT) -> None:
        self.identity = identity
        """Who is signed in, as far as the token says."""
        self._sender = sender
        self._origin = origin
        self._page_limit = page_limit

    @property
    def exchanges(self) -> list[Exchange]:
        """Every HTTP exchange so far, in the order of their ends."""
        return self._sender.exchanges

    async def get(self, path: str) -> Json:
        """The body of one resource. A path that ends in `/$count` gives a number."""
        answer = await self._sender.perform(self._read(path))
        return None if isinstance(answer.body, Absent) else answer.body

    async def list(self, path: str) -> Objects:
        """Every object of a collection, from all its pages. Raises `IncompleteRead` where that cannot be proven."""
        return await self._rest(self._collection(path), path)

    async def batch(self, paths: Sequence[str]) -> Answers:
        """The bodies of many resources, in the order of the paths; for one that failed, its error.

        Raises an error only where it ends all of them. A list that has more pages is given as its first page: use
        `batch_lists` for lists.
        """
        for path in paths:
            self._checked(path)
        return await read_batch(self._sender, paths)

    async def batch_lists(self, paths: Sequence[str]) -> Lists:
        """Many collections, each as `list` would give it; for one that failed, its error."""
        try:
            first = await self.batch(paths)
        except GraphError as error:  # of the batch itself: none of its lists could be read
            return [error for _ in paths]
        return await together([self._continued(path, page) for path, page in zip(paths, first, strict=True)])

    async def send(
        self,
        method: str,
        path: str,
        body: Json | Absent,
        *,
        create: bool = False,
        justification: str | None = None,
        approval: str | None = None,
    ) -> Answer:
        """Carry out one write: POST, PATCH, PUT or DELETE.

        `create` says that sending it twice makes two objects. `justification` is what a second administrator reads
        where Multi Admin Approval is on, and of no effect elsewhere; `approval` is the id of the request for just this
        write that was approved; `ValueError` for what is neither.

        Writes of one Intune service go out one after another and within its quota. Raises `ApprovalRequired` where
        somebody else has to say yes first. After an `OutcomeUnknown` it is for the caller to look before sending again.
        """
        request = Request(
            method,
            self._checked(path),
            Repeat.CREATE if create else Repeat.WRITE,
            None if isinstance(body, Absent) else encode(body),
            approval_headers(justification=justification, approval=approval),
        )
        return await self._sender.perform(request)

    async def aclose(self) -> None:
        """Close the connections and forget the token."""
        await self._sender.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _checked(self, path: str) -> str:
        """The path, if it is one of this origin. Raises `UntrustedUrl`."""
        return self._origin.own_target(path)

    def _read(self, path: str) -> Request:
        return Request("GET", self._checked(path), Repeat.READ, headers=read_headers(path))

    def _collection(self, path: str) -> Collection:
        return Collection(self._origin, self._checked(path), page_limit=self._page_limit)

    async def _rest(self, collection: Collection, target: str | None) -> Objects:
        """Read on from `target` to the end of the collection."""
        while target is not None:
            answer = await self._sender.perform(self._read(target))
            try:
                target = collection.add(None if isinstance(answer.body, Absent) else answer.body)
            except IncompleteRead as incomplete:
                incomplete.exchange = answer.exchange
                raise
        return collection.objects

    async def _continued(self, path: str, page: Json | GraphError) -> Objects | GraphError:
        """The whole list whose first page a batch gave."""
        if isinstance(page, GraphError):
            return page
        collection = self._collection(path)
        try:
            return await self._rest(collection, collection.add(page))
        except Throttled:
            raise
        except (Refused, OutcomeUnknown, IncompleteRead) as error:
            return error
