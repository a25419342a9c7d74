"""What a kind is: a value that says where its objects live, how they compare, and which requests change them.

`plan` drives kinds through this interface and knows none of them by name; `kinds.REGISTRY` lists them. Everything
here is pure: a kind gets plain data and gives plain data. Whether something differs is decided by plain equality of
the two canonical forms that `Kind.compare` gives; which requests follow is decided by `Kind.write`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

from .assignments import NameProblem, Target, resolve, show_target, wanted_targets
from .canonical import canonical
from .diagnostics import Diagnostic, Severity
from .live import Collection, Live, Names, Reading, quote_id
from .marker import Marker
from .model import ABSENT, Absent, Address, Json, JsonObject, Path

if TYPE_CHECKING:
    from .ladder import Crowd, Rung, Solution
    from .ladder.model import Unlisted
    from .spec.load import Desired

Canonical = Mapping[str, Json]
"""Managed fields of one object, each in the form in which both sides compare."""


class Verb(StrEnum):
    """What a request is for: the engine treats each kind of write by its verb, never by the kind of object."""

    CREATE = "create"
    UPDATE = "update"
    ASSIGN = "assign"
    ADD_ASSIGNMENT = "add-assignment"
    REMOVE_ASSIGNMENT = "remove-assignment"
    SET_PRIORITY = "set-priority"
    DELETE = "delete"


class Phase(IntEnum):
    """The parts of a change that may be carried out at different times.

    People gain before they lose: what a profile relies on grows before the profile does, and shrinks after it.
    """

    WRITE = 0
    GROW = 1
    SHRINK = 2


@dataclass(frozen=True, slots=True)
class Operation:
    """One Graph write, as data. Ids that are not known yet stand as `{Kind/name.id}` in path and body."""

    verb: Verb
    method: str
    path: str
    body: Json | Absent = ABSENT
    phase: Phase = Phase.WRITE
    await_published: bool = False
    """The object must have become `published` before this is sent: Intune refuses to assign it earlier."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides of one object, restricted to what the spec manages, in canonical form."""

    wanted: Canonical
    found: Canonical
    """Empty where there is no live object."""
    diagnostics: tuple[Diagnostic, ...] = ()
    basis: Any = None
    """What `Kind.compare` worked out and the other callables of the same kind build on."""

    @property
    def changed(self) -> tuple[str, ...]:
        """The managed fields that differ, in the spec's order."""
        return tuple(key for key, value in self.wanted.items() if self.found.get(key, ABSENT) != value)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The `Comparison.basis` of a kind that puts objects in order: how the order is reached."""

    solution: Solution
    unlisted: Unlisted


@dataclass(frozen=True, slots=True)
class Match:
    """Which live object a spec stands for, and how that is known."""

    live: Live | None = None
    how: str = "none"
    """`pin`, `marker`, `name` (an adoption), `content` (a shared app) or `none`."""
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def refused(self) -> bool:
        return any(d.severity is Severity.ERROR for d in self.diagnostics)


@dataclass(frozen=True, slots=True)
class World:
    """What all objects of one plan share."""

    owner: str
    tenant: str
    names: Names
    readings: Mapping[str, Reading]
    desired: Mapping[Address, Desired]
    previous_owners: tuple[str, ...] = ()
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What names in the specs are called in this tenant, by sort of name: `groups`, `filters`, `scopeTags`, `apps`."""
    matches: Mapping[Address, Match] = field(default_factory=dict)
    selected: frozenset[Address] | None = None
    """The addresses whose changes may run; None for all."""
    crowds: tuple[Crowd, ...] = ()
    """Who is assigned which enrollment profiles; empty where it was not asked for."""
    counted: bool = True
    """Whether the people of all groups that count could be read."""
    indexes: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)
    """Look-up tables over the readings, made on first use (`identity.index_of`)."""

    @property
    def owners(self) -> tuple[str, ...]:
        """Ours, under today's name and earlier ones."""
        return (self.owner, *self.previous_owners)

    def objects(self, collections: Iterable[Collection]) -> list[Live]:
        """Every live object of these collections, as far as they could be read."""
        return [live for c in collections if c.key in self.readings for live in self.readings[c.key].objects]


@dataclass(frozen=True, slots=True)
class Subject:
    """One object that a kind is asked about."""

    desired: Desired
    live: Live | None
    world: World

    @property
    def spec(self) -> JsonObject:
        return self.desired.spec

    @property
    def address(self) -> Address:
        return self.desired.address

    @property
    def marker(self) -> Marker:
        return Marker(self.world.owner, self.address.kind, self.address.name)

    @property
    def id(self) -> str:
        """The live id as a path segment, or the reference that stands for it until it is known."""
        return quote_id(self.live.id) if self.live else reference(self.address)

    def problem(self, rule: str, message: str, detail: str | None = None, path: Path = ("spec",)) -> Diagnostic:
        """An error about this object, at its place in the spec."""
        return self.desired.problem(rule, message, detail, path)

    def targets(
        self, intent: str | None = None
    ) -> tuple[list[tuple[Target, str | None, str | None]], list[Diagnostic]]:
        """The spec's targets by id, each with its own intent and licensing, and what is wrong with them.

        `intent` is that of targets without one of their own. Graph ignores the second entry of a target in silence.
        """
        found: list[tuple[Target, str | None, str | None]] = []
        problems: list[Diagnostic] = []
        taken: set[tuple[str, str | None]] = set()
        for wanted in wanted_targets(self.spec.get("assignments"), self.world.tenant):
            target, why = resolve(wanted, self.world.names)
            problems += [self.name_problem(p) for p in why]
            if target:
                found.append((target, wanted.intent, wanted.licensing))
                key = (target.key, wanted.intent or intent)
                if key in taken:
                    problems.append(self.problem("NAME102", "this target is listed twice", "remove one", wanted.path))
                taken.add(key)
        return found, problems

    def in_policy_set(self, target: Target) -> Diagnostic:
        """A target that a policy set assigns otherwise than the spec wants: its assignments are not ours to change."""
        return self.problem(
            "ASSIGN101",
            f"a policy set assigns {canonical(show_target(target, self.world.names))} with other settings",
            "change it in the policy set, or take the target out of the spec",
            ("spec", "assignments"),
        )

    def name_problem(self, problem: NameProblem) -> Diagnostic:
        """A name that does not resolve, as an error at its place."""
        return self.problem("NAME101", problem.message, problem.detail, problem.path)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object. The callables take a `Subject` and touch nothing but it."""

    name: str
    collections: tuple[Collection, ...]
    find: Callable[[Desired, World], Match]
    compare: Callable[[Subject], Comparison]
    write: Callable[[Subject, Comparison], Sequence[Operation]]
    marker_field: str | None = None
    """The property that carries our marker; None where the kind has no object of its own."""
    shared: bool = False
    """Whether others rightly work on the same objects: such objects are never ours to delete, or to adopt."""
    references: Callable[[Desired], Sequence[Address]] = lambda _: ()
    """Other specs that this one names."""
    claim: Callable[[Desired], str] = lambda desired: str(desired.spec.get("displayName") or desired.address)
    """What a spec stands for in the tenant, in words; two specs of a kind that claim the same would fight over it."""
    check: Callable[[Desired], Sequence[Diagnostic]] = lambda _: ()
    """What is wrong with a spec by itself, beyond its schema."""
    prepares: frozenset[str] = frozenset()
    """Kinds whose objects send people into what this kind provides: they come later, and lose people earlier."""
    ranks: frozenset[str] = frozenset()
    """Kinds whose objects this kind puts in order: they are created before it and gain people after it."""
    rung: Callable[[Live, Container[str]], Rung | None] = lambda *_: None
    """Where a ranked object stands, given the ids, in lower case, that specs stand for; None for one that takes no
    part in the order. Raises `LadderError`.
    """
    may_gain: Callable[[Live, Sequence[Live]], str | None] = lambda *_: None
    """Why a new object may not gain people yet, among all live ones, where no order of the plan has settled it."""
    reason: Callable[[Subject, Comparison], str | None] = lambda *_: None
    """Why the change is made, where the kind knows it better than "fields differ"."""
    ladder: Callable[[Subject, Comparison], JsonObject | None] = lambda *_: None
    """The order before, on the way and after, where the kind has one."""
    may_need: Callable[[Subject, Comparison], int] = lambda *_: 0
    """How many further requests the service may need, where its behaviour is unknown."""


def reference(address: Address) -> str:
    """What stands for an id that is not known until the object has been created."""
    return "{" + f"{address}.id" + "}"


def is_reference(object_id: str) -> bool:
    """Whether this is `{Kind/name.id}` and not a live id, which never holds a brace."""
    return object_id.startswith("{")
