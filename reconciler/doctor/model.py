"""What `doctor` works with: evidence that was read, checks over it, and the verdicts they come to.

Plain data and pure functions. A check asks the evidence for what it needs; what could not be read raises `NotRead`
inside the check and makes its verdict `unread` (`run`), so that no check can take what is unreadable for absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from ..assignments import Target, read_target
from ..audience import Census, reach
from ..facts import Fact, Onboarding, Profile
from ..live import Collection, Live, Names
from ..model import JsonObject
from ..rules.model import Context

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a domain answered with when it was asked for its discovery file."""

    domain: str
    status: int | None = None
    """None: it did not answer."""
    content_type: str = ""
    body: bytes = b""
    problem: str | None = None
    """Why it was not asked, or did not answer."""


class State(StrEnum):
    """How a check ends."""

    OK = "ok"
    WARNING = "warning"
    FAILING = "failing"
    UNREAD = "unread"
    """What it rests on could not be read: neither good nor bad."""
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True)
class Single:
    """One resource that is no collection. A 404 means that there is none."""

    key: str
    path: str
    """With version and query."""
    read_permissions: tuple[str, ...]
    """Any one of which lets it be read, the one to grant first. Source: "Permissions" of the operation in the Graph
    reference.
    """
    listed: bool = False
    """Whether it comes as a list of one, as the organization does."""


Source = Collection | Single


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something could not be read."""

    message: str
    permissions: tuple[str, ...] = ()
    """Where it was refused: any one of them would let it be read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What reading one source gave."""

    objects: tuple[Live, ...] = ()
    body: JsonObject | None = None
    """Of a single resource; None: there is none."""
    problem: Problem | None = None


class NotRead(Exception):  # noqa: N818 - it says what happened
    """Something that a check rests on could not be read."""

    def __init__(self, what: str, problem: Problem) -> None:
        super().__init__(problem.message)
        self.what = what
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Scope:
    """What of enrollment the specs and the tenant have: decides which checks apply."""

    types: frozenset[str] = frozenset()
    """Enrollment types that people may end up with, as the portal calls them (`facts`)."""
    known: bool = True
    """Whether the live profiles could be read; else there may be more types."""
    domains: tuple[str, ...] = ()
    """Of account-driven enrollment, as specs name them."""
    discovery: bool = False
    """Whether the discovery files of the domains were asked for."""
    enrolling: tuple[Target, ...] = (Target("users"),)
    """Whom live profiles send into enrollment; everybody, where no profile does."""
    first_apps: Mapping[str, Onboarding] = field(default_factory=dict)
    """What specs say around a profile that has a first sign-in app, by the profile's name in the tenant."""
    provided: frozenset[str] = frozenset()
    """Parts of the chain that others provide, as the workspace says."""

    def may_have(self, *types: str) -> bool:
        """Whether one of these types is in use, or may be."""
        return not self.known or not self.types.isdisjoint(types)


UNCOUNTED = Census(uncounted="the number of users was not read")
NO_NAMES = Names()
NO_CONTEXT = Context()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read of a tenant, and when."""

    now: datetime
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """By key of the source."""
    facts: Mapping[str, tuple[tuple[Live, Fact], ...]] = field(default_factory=dict)
    """What live objects are in the nouns of enrollment, by key of the collection."""
    scope: Scope = Scope()
    census: Census = UNCOUNTED
    names: Names = NO_NAMES
    tenant_id: str | None = None
    cloud: str = "global"
    lacking: tuple[str, ...] | None = ()
    """Permissions that the specs need and the token does not have; None: the token does not say what it has."""
    discovered: tuple[Fetched, ...] = ()
    """What the domains of account-driven enrollment answered with, where they were asked."""
    context: Context = NO_CONTEXT
    """What rules know of the workspace."""

    def objects(self, key: str) -> tuple[Live, ...]:
        """The objects of a collection. Raises `NotRead`."""
        return self._answer(key).objects

    def one(self, key: str) -> JsonObject | None:
        """A single resource; None where there is none. Raises `NotRead`."""
        return self._answer(key).body

    def shown(self, key: str, fact: type[F]) -> list[tuple[Live, F]]:
        """The objects of a collection that are this sort of fact. Raises `NotRead`."""
        self._answer(key)
        return [(live, each) for live, each in self.facts.get(key, ()) if isinstance(each, fact)]

    def only(self, keys: Iterable[str]) -> Evidence:
        """The same with nothing but these sources: a check sees what it says that it reads."""
        kept = set(keys)
        return replace(self, answers={key: answer for key, answer in self.answers.items() if key in kept})

    def called(self, target: Target) -> str:
        """A target in words."""
        if target.who != "group":
            return {"users": "all users", "devices": "all devices"}.get(target.who, "a target of another sort")
        group = self.names.groups_by_id.get(target.group)
        return f"group {group.name!r}" if group and group.name else f"group {target.group}"

    def meet(self, one: Iterable[Target], other: Iterable[Target]) -> bool | None:
        """Whether somebody is surely reached by both; None where that is not known. Filters count as reaching nobody.

        Two objects for all devices meet, too, although nobody can read whose those are.
        """
        first, second = list(one), list(other)
        if _all_devices(first) and _all_devices(second):
            return True
        both = reach(_of_people(first), self.census, surely=True) & reach(_of_people(second), self.census, surely=True)
        if self.census.count(both) == 0 or not both.possibly:
            return False
        return True if both.surely else None

    def why_not(self, assigned: Iterable[Target]) -> str:
        """Why it is not known whom these targets reach."""
        reasons = {why for t in _of_people(assigned) for why in self.census.why_not(self.census.people(t))}
        return listed(sorted(reasons), most=2)

    def _answer(self, key: str) -> Answer:
        answer = self.answers[key]
        if answer.problem:
            raise NotRead(key, answer.problem)
        return answer


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check came to. Sentences for people, without a full stop at the end."""

    state: State
    found: str
    """What is so."""
    means: str | None = None
    """What it means for people who enroll."""
    remedy: str | None = None
    """What to do: a place in the portal, or a command."""
    permissions: tuple[str, ...] = ()
    """Of an unread one: any one of these would let it be read."""
    rule: str | None = None
    """The rule behind it, where that depends on what was found."""


def ok(found: str, *, means: str | None = None, remedy: str | None = None) -> Verdict:
    """Nothing to mend."""
    return Verdict(State.OK, found, means, remedy)


def warning(found: str, means: str, remedy: str) -> Verdict:
    """It works, but not for everybody, or not for long."""
    return Verdict(State.WARNING, found, means, remedy)


def failing(found: str, means: str, remedy: str) -> Verdict:
    """People cannot enroll, or their devices do not register."""
    return Verdict(State.FAILING, found, means, remedy)


def unknown(found: str, remedy: str | None = None) -> Verdict:
    """It was read, and does not say."""
    return Verdict(State.UNREAD, found, remedy=remedy)


@dataclass(frozen=True, slots=True)
class Check:
    """One question to a tenant."""

    id: str
    """The rule that it settles, or `DOCTOR…` where no rule is behind it."""
    title: str
    reads: tuple[str, ...]
    """Keys of the sources."""
    decide: Callable[[Evidence], Verdict]
    link: str
    """The page of Microsoft's documentation that it rests on."""
    relevant: Callable[[Scope], bool] = lambda _: True
    idle: str = "no profile is of an enrollment type that it concerns"
    """Why it does not apply, where it does not."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A check with its verdict."""

    check: Check
    verdict: Verdict

    def to_json(self) -> JsonObject:
        """As the document has it."""
        return {
            "id": self.check.id,
            "title": self.check.title,
            "state": str(self.verdict.state),
            "found": self.verdict.found,
            "means": self.verdict.means,
            "remedy": self.verdict.remedy,
            "permissions": [*self.verdict.permissions],
            "link": self.check.link,
        }


@dataclass(frozen=True, slots=True)
class Setting:
    """What the workspace says that a rule counts as."""

    severity: str | None
    """`error`, `warning` or `info`; None: switched off."""
    reason: str | None = None


_COUNTS_AS = {"error": State.FAILING, "warning": State.WARNING, "info": State.OK}


def settled(finding: Finding, setting: Setting | None) -> Finding:
    """The finding as the workspace wants it to count. What is right, or not known, stays so."""
    verdict, why = finding.verdict, setting.reason if setting and setting.reason else "no reason is given"
    if setting is None:
        return finding
    if setting.severity is None:
        return replace(finding, verdict=Verdict(State.NOT_APPLICABLE, f"switched off in the workspace: {why}"))
    if verdict.state not in (State.FAILING, State.WARNING) or verdict.state is _COUNTS_AS[setting.severity]:
        return finding
    found = f"{verdict.found} (counts as {setting.severity} in the workspace: {why})"
    return replace(finding, verdict=replace(verdict, state=_COUNTS_AS[setting.severity], found=found))


def run(check: Check, evidence: Evidence) -> Finding:
    """The verdict of one check."""
    if not check.relevant(evidence.scope):
        return Finding(check, Verdict(State.NOT_APPLICABLE, check.idle))
    return Finding(check, run_safely(lambda: check.decide(evidence.only(check.reads))))


def run_safely(decide: Callable[[], Verdict]) -> Verdict:
    """What it decides, or that what it rests on could not be read."""
    try:
        return decide()
    except NotRead as missing:
        return _unread(missing)


def _unread(missing: NotRead) -> Verdict:
    wanted = missing.problem.permissions
    remedy = f"grant {' or '.join(wanted)}, with admin consent, and run it again" if wanted else "run it again"
    return Verdict(State.UNREAD, missing.problem.message, remedy=remedy, permissions=wanted)


def _all_devices(assigned: Iterable[Target]) -> bool:
    return any(t.who == "devices" and not t.exclude and not t.filter for t in assigned)


def _of_people(assigned: Iterable[Target]) -> list[Target]:
    """The targets that hold people: whose all devices are, nobody can tell."""
    return [t for t in assigned if t.who in ("users", "group")]


def targets(live: Live) -> list[Target]:
    """Whom an object is assigned to, by policy sets too."""
    return [read_target(each.get("target")) for each in live.assignments]


def required(live: Live) -> list[Target]:
    """Whom an app is required for: includes and exclusions of that intent."""
    wanted = [a for a in live.assignments if str(a.get("intent") or "").casefold() == "required"]
    return [read_target(each.get("target")) for each in wanted]


def types_of(profile: Profile) -> frozenset[str]:
    """The enrollment types that people of a profile may end up with."""
    found = {kind for _, kind in profile.options} or {str(profile.type)}
    return frozenset(found)


def is_never(text: object) -> bool:
    """Whether it is how Graph says that a point in time is none."""
    return isinstance(text, str) and text.startswith("0001-")


def moment(text: object) -> datetime | None:
    """A point in time as Graph writes it, in UTC; None for its ways of saying never, and for what is none."""
    if not isinstance(text, str) or is_never(text):
        return None
    head, dot, rest = text.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    try:
        found = datetime.fromisoformat(f"{head}{dot and '.' + digits[:6].ljust(6, '0')}{rest[len(digits) :]}")
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def listed(names: Iterable[str], *, most: int = 4) -> str:
    """Names for a sentence: the first few, and how many more."""
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more
