"""What a kind is: a value that says where its objects live, how they compare, and which requests change them.

`plan` drives kinds through this interface and knows none of them by name; `kinds.REGISTRY` lists them. Everything
here is pure: a kind gets plain data and gives plain data. Whether something differs is decided by plain equality of
the two canonical forms that `Kind.compare` gives; which requests follow is decided by `Kind.write`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

from .assignments import Target, resolve, show_target, wanted_targets
from .canonical import canonical
from .diagnostics import Diagnostic, Severity
from .facts import Fact
from .live import Collection, Live, Names, Reading, Sort, quote_id
from .model import ABSENT, Absent, Address, Json, JsonObject, Path
from .resolution import NameProblem

if TYPE_CHECKING:
    from .ladder.model import Crowd, Rung, Solution, Unlisted
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
    RETIRE = 3
    """An object goes, or what a spec that is gone had written into a shared one: after everything else."""


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
    deletes: bool = False
    """Whether the change deletes the object."""

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
    """`pin`, `marker`, `name` or `unmarked` (both adoptions), `take-over`, `content` (a shared object) or `none`.

    `unmarked`: it was pinned as ours, and its marker is gone.
    """
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def adopts(self) -> bool:
        """Whether an object that does not carry our marker becomes ours, which needs consent by number."""
        return self.how in ("name", "unmarked")

    @property
    def refused(self) -> bool:
        return any(d.severity is Severity.ERROR for d in self.diagnostics)


@dataclass(frozen=True, slots=True)
class Consent:
    """What whoever runs the tool has agreed to by name, beyond what specs say."""

    prune: bool = False
    """Objects that carry our marker and that no spec names may go."""
    take_over: frozenset[Address] = frozenset()
    """Specs that may take an object over from another owner."""
    replace: frozenset[Address] = frozenset()
    """Objects that may be replaced by new ones."""
    release: frozenset[Address] = frozenset()
    """Objects that are let go: they lose our marker and stay as they are."""

    def to_json(self) -> JsonObject:
        """As a plan carries it; what was not agreed to is left out."""
        shown: JsonObject = {"prune": True} if self.prune else {}
        sides = {"takeOver": self.take_over, "allowReplace": self.replace, "release": self.release}
        return {**shown, **{name: [*sorted(map(str, found))] for name, found in sides.items() if found}}

    @classmethod
    def from_json(cls, shown: Any) -> Consent:
        """What `to_json` gave."""
        sides = [frozenset(map(Address.parse, shown.get(name, ()))) for name in ("takeOver", "allowReplace", "release")]
        return cls(shown.get("prune") is True, *sides)


NO_CONSENT = Consent()


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
    consent: Consent = NO_CONSENT
    pins: Mapping[Address, str] = field(default_factory=dict)
    """The live ids, in lower case, that specs stood for when they were pinned."""
    also: Mapping[str, Reading] = field(default_factory=dict)
    """Readings of `Kind.also_reads`, by key. No change is decided from them."""
    indexes: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)
    """Look-up tables over the readings, made on first use (`identity.index_of`)."""

    @property
    def owners(self) -> tuple[str, ...]:
        """Ours, under today's name and earlier ones."""
        return (self.owner, *self.previous_owners)

    def objects(self, collections: Iterable[Collection]) -> list[Live]:
        """Every live object of these collections, as far as they could be read."""
        return [live for c in collections if (found := self.reading(c)) for live in found.objects]

    def reading(self, collection: Collection) -> Reading | None:
        """What a collection gave, one that is read beside too; None where it was not read."""
        return self.readings.get(collection.key) or self.also.get(collection.key)

    @property
    def everything(self) -> list[Live]:
        """Every live object that was read."""
        return [live for found in (*self.readings.values(), *self.also.values()) for live in found.objects]


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
        """What is to be said of a name, at its place: an error where it does not resolve."""
        found = self.problem(problem.rule, problem.message, problem.detail, problem.path)
        return replace(found, severity=problem.severity)


@dataclass(frozen=True, slots=True)
class Expressed:
    """A live object as a spec says it: the inverse of `Kind.compare`."""

    spec: JsonObject
    """Every field that a spec of this kind can have for it, in the words of specs. Planned, nothing of it differs."""
    title: str = ""
    """What its spec is named after."""
    usual: frozenset[str] = frozenset()
    """Fields that say nothing beyond what an object has anyway: a spec may leave them out."""
    problems: Mapping[str, str] = field(default_factory=dict)
    """Why a field, or for "" the whole object, cannot be said in a spec: then what `spec` has for it means nothing."""
    notes: tuple[str, ...] = ()
    """What its reader should know that the spec does not say."""


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
    named: Sort | None = None
    """The sort of names by which other specs call its objects; they may also call one that its spec creates."""
    uses: Callable[[Live], Sequence[tuple[str, str]]] = lambda _: ()
    """What a named object is said to be used by: ids and sorts, as far as Graph tells."""
    users_only: bool = False
    """Whether its assignments reach users alone: devices that a group holds are nobody then."""
    essential: str | None = None
    """What people call such an object, where somebody who has none cannot enroll: guards count those that are left
    without any assignment.
    """
    odata_type: str = ""
    """`@odata.type` of a PATCH; empty: that of the live object."""
    immutable: Mapping[str, str] = field(default_factory=dict)
    """Managed fields that Graph never changes once an object exists, each with the reason: it has to be replaced."""
    reassign: Callable[[str, Sequence[JsonObject], Sequence[JsonObject]], Sequence[Operation]] | None = None
    """The requests that bring an object, by its path and live assignments, to exactly these direct assignments, told
    raw; None where the kind has none. Used to go back to what a record holds.
    """
    writable: frozenset[str] = frozenset()
    """The properties that a create takes, as Microsoft documents the type: readings hold others too. Used likewise."""
    parting: Kind | None = None
    """How an object is brought to where it may go, if that takes a change of its own: its assignments are withdrawn.
    Once nothing differs any more, an object of our own may be deleted; what we had in a shared one is gone.
    """
    references: Callable[[Desired], Sequence[Address]] = lambda _: ()
    """Other specs that this one names."""
    claim: Callable[[Desired], str] = lambda desired: claimed(desired)  # noqa: PLW0108 - it stands below
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
    nouns: tuple[type[Fact], ...] = ()
    """What `declares` and `shows` may give."""
    declares: Callable[[Desired], Fact | None] = lambda _: None
    """What a spec says, in the nouns of enrollment: for rules, coverage and guide."""
    shows: Callable[[Live], Fact | None] = lambda _: None
    """What a live object is, in the same nouns; asked of the kind's collections and of `also_reads`."""
    carries: Callable[[Desired, Live], Fact | None] = lambda *_: None
    """What of its live object a spec leaves as it is, in the same nouns; None where it leaves nothing to be judged."""
    also_reads: tuple[Collection, ...] = ()
    """Collections where the same thing may live in a form that this kind never writes. Told of, and nothing more: a
    reading of them that fails makes answers partial, and no plan incomplete.
    """
    expresses: Callable[[Live, World], Expressed | None] = lambda *_: None
    """A live object as a spec of this kind, with names for ids; None for one that is nothing to this kind.

    A group is pinned by id unless `World.names` knows its name to be that of this group alone. Of a shared object it is
    what the spec that stands for it manages (`World.matches`), else what our marker records, else what nobody's does.
    """
    arranges: Callable[[Mapping[str, Live]], Expressed | None] = lambda _: None
    """The same for a kind that `ranks`: the order of these live objects, by the names of their specs."""
    on_request: bool = False
    """Whether its objects are somebody else's as a rule, so that `import` takes them up only where it is named."""
    may_need: Callable[[Subject, Comparison], int] = lambda *_: 0
    """How many further requests the service may need, where its behaviour is unknown."""


def claimed(desired: Desired) -> str:
    """What most specs stand for: the object of that name, or of two that share it the one that is pinned."""
    name, pin = str(desired.spec.get("displayName") or desired.address), desired.spec.get("id")
    return f"{name}, pinned to {canonical(pin)}" if pin else name


def reference(address: Address) -> str:
    """What stands for an id that is not known until the object has been created."""
    return "{" + f"{address}.id" + "}"


def is_reference(object_id: str) -> bool:
    """Whether this is `{Kind/name.id}` and not a live id, which never holds a brace."""
    return object_id.startswith("{")
