"""What single requests of `doctor` gave, as answers: objects, or why there are none.

Called by the modules that examine. What ends every request (signing in, network, throttling beyond all waiting) is
raised, never an answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..doctor.model import Answer, Problem
from ..graph.client import Graph
from ..graph.errors import Forbidden, GraphError, IncompleteRead, NotFound, OutcomeUnknown, Refused, Throttled
from ..live import Collection, live_object
from ..model import Json, JsonObject


def listed(path: str, found: Sequence[JsonObject] | Json | GraphError, permissions: tuple[str, ...]) -> Answer:
    """The objects of one list that a batch gave, or why there are none. Raises the errors that end all reading."""
    if isinstance(found, GraphError):
        return Answer(problem=problem_of(found, permissions))
    collection = Collection("", path.partition("?")[0])
    try:
        return Answer(
            tuple(
                live_object(collection, each)
                for each in (found if isinstance(found, list) else [])
                if isinstance(each, dict)
            )
        )
    except ValueError as error:
        return Answer(problem=Problem(f"Graph answered with {error}"))


async def read_entity(graph: Graph, path: str) -> JsonObject:
    """One object with an id. Raises `GraphError`; `OutcomeUnknown` where the answer is none: it says nothing then, and
    not that there is no such object.
    """
    body = await graph.get(path)
    if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not body["id"]:
        raise OutcomeUnknown(f"GET {path.partition('?')[0]} answered with something that is no object with an id")
    return body


def problem_of(error: GraphError, permissions: tuple[str, ...]) -> Problem:
    """Why one reading failed. Raises the error where it ends all reading."""
    if isinstance(error, Throttled) or not isinstance(error, Refused | OutcomeUnknown | IncompleteRead):
        raise error
    return Problem(error.message, (error.scopes or permissions) if isinstance(error, Forbidden) else ())


async def read_list(graph: Graph, path: str, permissions: tuple[str, ...]) -> Answer:
    """One list. Raises the errors that end all reading."""
    try:
        return listed(path, await graph.list(path), permissions)
    except GraphError as error:
        return Answer(problem=problem_of(error, permissions))


async def read_lists(graph: Graph, asked: Sequence[tuple[str, tuple[str, ...]]]) -> list[Answer]:
    """Many lists, by path and permissions, in batches. Raises the errors that end all reading."""
    answers = await graph.batch_lists([path for path, _ in asked]) if asked else []
    return [listed(path, found, needed) for (path, needed), found in zip(asked, answers, strict=True)]


async def read_items(graph: Graph, paths: Sequence[str], permissions: tuple[str, ...]) -> list[Answer]:
    """Many single objects, in batches; one that does not exist is no object. Raises likewise."""
    answers = await graph.batch(paths) if paths else []
    return [
        Answer()
        if isinstance(found, NotFound)
        else listed(path, [found] if isinstance(found, dict) else found, permissions)
        for path, found in zip(paths, answers, strict=True)
    ]
