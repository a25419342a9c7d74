"""Looks before and after writes: is the object still as planned, and did it become as wanted.

Intune answers reads from replicas: an object may be missing or old for a while after a write. So a look that does not
show what is wanted is repeated over a bounded window; only then it counts, as `unverified`, never as a reason to write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from ..assigned import lacking
from ..assignments import read_target
from ..graph.client import Graph
from ..graph.errors import GraphError, Interrupted, OutcomeUnknown, Throttled
from ..intent import Intent
from ..kind import Comparison, Match, Operation, Phase, Subject, Verb, World
from ..live import Collection, Live, quote_id
from ..model import Absent, Json, JsonObject
from ..named import assignments_in
from ..plan import targets_shown
from .refresh import read, read_object
from .witness import Witness

Sleep = Callable[[float], Awaitable[None]]
WINDOW: tuple[float, ...] = (0.5, 1, 2, 4, 8, 15, 30)
"""Seconds between looks: about a minute, as long as the longest delays that operators report for Intune."""


@dataclass(frozen=True, slots=True)
class Looker:
    """Reads one object again and again. `sleep` is injected: tests do not wait."""

    graph: Graph
    sleep: Sleep = asyncio.sleep
    window: Sequence[float] = WINDOW
    witness: Witness = field(default_factory=Witness)
    """What was seen last of every object."""

    async def until(self, look: Callable[[], Awaitable[bool]]) -> bool:
        """Whether `look` came true within the window. A look that fails shows nothing, so it is repeated too."""
        return await self.sight(look) is True

    async def sight(self, look: Callable[[], Awaitable[bool]]) -> bool | None:
        """Whether `look` came true within the window; None where the last look could not see anything."""
        seen: bool | None = None
        for pause in (*self.window, None):
            try:
                seen = await look()
            except Throttled:
                return None  # the service wants a longer pause than any window
            except GraphError:
                seen = None
            if seen:
                return True
            if pause is not None:
                try:
                    await self.sleep(pause)
                except Interrupted:
                    return seen
        return seen

    async def current(self, intent: Intent, live_id: str) -> Live | None:
        """The object as it is now."""
        live = await read_object(self.graph, home(intent), live_id)
        self.witness.saw(live_id, live)
        return live

    async def unchanged(self, intent: Intent) -> str | None:
        """Why the object is not as it was planned on, or None. Compares what was shown and what would be sent."""
        subject = intent.subject
        if subject.live is None:
            return None
        live = await self.current(intent, subject.live.id)
        if live is None:
            return f"{subject.live.display_name} was deleted since the plan was made"
        fresh, comparison = compare(intent, live)
        changed = sorted(k for k in intent.comparison.found if comparison.found.get(k) != intent.comparison.found[k])
        if changed:
            return f"{', '.join('/' + name for name in changed)} changed since the plan was made"
        now, then = intent.kind.write(fresh, comparison), intent.kind.write(subject, intent.comparison)
        if [_content(operation) for operation in now] != [_content(operation) for operation in then]:
            return "something that the plan carries over changed since it was made"
        return None

    async def achieved(self, intent: Intent, live_id: str, phases: Sequence[Phase], now: Phase) -> str | None:
        """What is not as wanted after the part `now` of a change with these parts; None once it is."""
        missing = "it could not be read back"

        async def look() -> bool:
            nonlocal missing
            try:
                live = await self.current(intent, live_id)
            except GraphError as error:
                missing = f"it could not be read ({error.message})"
                raise
            if live is None:
                missing = "it cannot be found"
                return False
            missing = _missing(intent, live, last=now is max(phases), grown=now is Phase.GROW)
            return not missing

        return None if await self.until(look) else missing

    async def held(self, intent: Intent, live_id: str, expected: Sequence[JsonObject]) -> bool | None:
        """Whether the live assignments are exactly these, with these settings; None where nothing can be read."""

        async def look() -> bool:
            live = await self.current(intent, live_id)
            return live is not None and same_assignments(expected, live.assignments)

        return await self.sight(look)

    async def kept(self, intent: Intent, live_id: str, expected: JsonObject) -> bool | None:
        """Whether these properties have these values; None where nothing can be read."""

        async def look() -> bool:
            live = await self.current(intent, live_id)
            return live is not None and all(
                _text(live.body.get(key)) == _text(value) for key, value in expected.items()
            )

        return await self.until(look)

    async def shows(self, intent: Intent, live_id: str, operation: Operation) -> bool | None:
        """Whether the effect of a write whose outcome is not known can be seen; None where nothing can be read."""

        async def look() -> bool:
            live = await self.current(intent, live_id)
            if live is None or operation.verb is Verb.DELETE:
                return live is None and operation.verb is Verb.DELETE
            return _shows(intent, live, operation)

        return await self.sight(look)

    async def standing(self, intent: Intent) -> Match:
        """What the spec stands for now, on a new reading. Raises `GraphError` where that is not complete."""
        return intent.kind.find(intent.subject.desired, await self.reread(intent))

    async def reread(self, intent: Intent) -> World:
        """The world with the collections of this kind read anew. Raises `GraphError` where that is not complete."""
        world = intent.subject.world
        readings = [await read(self.graph, replace(c, assignments="none")) for c in intent.kind.collections]
        for reading in readings:
            if reading.problem:
                raise OutcomeUnknown(reading.problem)
        return replace(world, readings={**world.readings, **{r.collection.key: r for r in readings}}, indexes={})

    async def published(self, live_id: str, collection: Collection) -> bool:
        """Whether an app has become `published`, which Intune wants before it is assigned."""

        async def look() -> bool:
            live = await read_object(self.graph, replace(collection, assignments="none"), live_id)
            return live is not None and live.body.get("publishingState") in (None, "published")

        return await self.until(look)


def home(intent: Intent) -> Collection:
    """The collection that the object of a change lives in."""
    live = intent.subject.live
    return live.collection if live else intent.kind.collections[0]


def compare(intent: Intent, live: Live) -> tuple[Subject, Comparison]:
    """The subject with another live side, and its comparison."""
    subject = replace(intent.subject, live=live)
    return subject, intent.kind.compare(subject)


def _missing(intent: Intent, live: Live, *, last: bool, grown: bool) -> str:
    """The managed fields that are not as wanted; before the last part, what later parts write does not count."""
    _, comparison = compare(intent, live)
    missing = [name for name in comparison.changed if last or name not in ("assignments", "marker")]
    wanted, found = comparison.wanted.get("assignments"), comparison.found.get("assignments")
    if grown and not last and "assignments" in comparison.changed:
        gained = {target for target in targets_shown(wanted) if target.startswith("include:")}
        wanted = {"include": wanted["include"]} if isinstance(wanted, dict) else wanted
        if not gained <= targets_shown(found):  # a new exclusion takes from people, so it may come later
            missing.append("assignments")
    if not missing:
        return ""
    which = lacking(wanted, found) if "assignments" in missing else None
    return f"{', '.join('/' + name for name in missing)} not as wanted{f' ({which})' if which else ''}"


def _shows(intent: Intent, live: Live, operation: Operation) -> bool:
    if operation.verb is Verb.UPDATE:
        fresh, comparison = compare(intent, live)
        still = [(o.verb, _plain(o.body)) for o in intent.kind.write(fresh, comparison)]
        return (operation.verb, _plain(operation.body)) not in still
    if operation.verb is Verb.ASSIGN:
        return same_assignments(assignments_in(operation.body), live.assignments)
    body = operation.body if isinstance(operation.body, dict) else {}
    if operation.verb is Verb.ADD_ASSIGNMENT:
        return read_target(body.get("target")) in [read_target(a.get("target")) for a in live.assignments]
    return not any(quote_id(str(a.get("id"))) == operation.path.rpartition("/")[2] for a in live.assignments)


def _content(operation: Operation) -> tuple[object, ...]:
    """What a request says, whatever way of writing "nothing" the reading had that it was made from."""
    return (operation.verb, operation.method, operation.path, operation.phase, _plain(operation.body))


def _plain(value: Json | Absent) -> object:
    if isinstance(value, dict):
        members = {k: v for k, v in value.items() if v is not None}
        return {k: read_target(v) if k == "target" else _plain(v) for k, v in members.items()}
    return [_plain(entry) for entry in value] if isinstance(value, list) else value


def same_assignments(expected: Sequence[JsonObject], found: Sequence[JsonObject]) -> bool:
    """Whether both reach the same targets to the same end, and every setting that `expected` states is as it says."""
    wanted, live = _by_pair(expected), _by_pair(found)
    return wanted.keys() == live.keys() and all(_states(wanted[pair], live[pair]) for pair in wanted)


def _by_pair(assignments: Sequence[JsonObject]) -> dict[tuple[object, str], Json]:
    return {
        (read_target(a.get("target")), str(a.get("intent") or "apply").casefold()): a.get("settings")
        for a in assignments
    }


def _states(expected: Json, found: Json) -> bool:
    if not isinstance(expected, dict):
        return True
    held = found if isinstance(found, dict) else {}
    return all(_plain(held.get(k)) == _plain(v) for k, v in expected.items() if v is not None and k != "@odata.type")


def _text(value: Json) -> Json:
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value
