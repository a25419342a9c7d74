"""What a rule is: a value with an id, a severity, the sentence of documentation it rests on, and a small function.

A rule is about one noun of `facts`, or about all of a tenant's at once (`Estate`). It gets facts and gives findings; it
does not know whether they come from a spec or from the tenant, and knows no kind. `rules.offline` and `rules.live` ask
it and turn findings into diagnostics with their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, TypeVar

from ..diagnostics import Position, Severity
from ..facts import Fact
from ..model import Address, Path
from ..spec.load import Desired
from ..workspace import Provided, RuleData

Where = Literal["spec", "plan", "doctor"]
"""Where a rule is decided: from specs alone (`validate`), with the tenant as a plan reads it, or by `doctor`."""
Decides = Literal["offline", "live"]

F = TypeVar("F", bound=Fact)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Source:
    """A page of documentation."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Declared:
    """A fact of a spec."""

    desired: Desired
    fact: Fact


@dataclass(frozen=True, slots=True)
class OnboardingText:
    """A file that the workspace names, with what it holds."""

    name: str
    content: str


@dataclass(frozen=True, slots=True)
class Context:
    """What rules may know besides facts."""

    tenant: str = ""
    cloud: str = "global"
    tenant_id: str | None = None
    provided: tuple[Provided, ...] = ()
    """Parts of the chain that others provide."""
    today: date = date(2026, 1, 1)
    """For what ages: given by whoever calls, never read from the clock here."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """What group names in the specs are called in this tenant."""
    support: Mapping[str, str] = field(default_factory=dict)
    onboarding: tuple[OnboardingText, ...] = ()
    """What employees are given to read."""
    data: RuleData = field(default_factory=RuleData)
    """What the workspace adds to the lists that rules build on."""

    def provides(self, part: str) -> bool:
        """Whether somebody else provides this part of the chain."""
        return any(each.part == part for each in self.provided)


@dataclass(frozen=True, slots=True)
class Estate:
    """All facts of one tenant's specs, for rules across documents."""

    declared: tuple[Declared, ...]
    doubtful: Callable[[type[Fact]], bool] = lambda _: False
    """Whether a document that would be such a fact is invalid: then nobody can say that it is missing."""
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What several rules work out of the same estate: made once (`once`)."""

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, made at the first call of this name."""
        if name not in self.memo:
            self.memo[name] = make()
        found: T = self.memo[name]
        return found

    def of(self, noun: type[F]) -> list[tuple[Desired, F]]:
        """Every spec that declares this noun, by address."""
        return [(each.desired, each.fact) for each in self.declared if isinstance(each.fact, noun)]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found. The rule's own severity holds unless a weaker one is given."""

    message: str
    detail: str | None = None
    path: Path = ("spec",)
    key: bool = False
    """Whether the key at `path` is meant, and not its value."""
    about: Desired | None = None
    """The spec, where the rule was asked about many."""
    also: tuple[Address, ...] = ()
    """Other specs that it holds for as it does for `about`, where it is told once."""
    severity: Severity | None = None
    position: Position | None = None
    """Where it is, of what stands in no spec."""
    fixed: bool = False
    """Whether it stays whatever a waiver or the workspace says, although others of its rule need not."""


Check = Callable[[Any, Context], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the pack."""

    id: str
    severity: Severity
    title: str
    """What is wrong where it finds something, in one sentence."""
    says: str
    """What Microsoft's (or Apple's) documentation says, in other words; empty where no document does."""
    source: Source | None
    decides: frozenset[Decides]
    """Offline, live, or both."""
    about: type | None = None
    """The noun that `check` takes, or `Estate`; None where other parts of the program decide it."""
    check: Check | None = None
    fixed: bool = False
    """Whether no finding of it can be settled: the tool could not do what the spec then says."""
    decided_by: str | None = None
    """Where no `check` is: the part of the program that does, such as `plan` or `doctor`."""
    reported_as: tuple[str, ...] = ()
    """Ids under which it is reported instead, such as those of the YAML reader: one finding has one id."""
    undecidable: str | None = None
    """Why the tool cannot decide it; None for all that it can."""

    @property
    def implemented(self) -> bool:
        return self.undecidable is None


OFFLINE: frozenset[Decides] = frozenset({"offline"})
LIVE: frozenset[Decides] = frozenset({"live"})
BOTH = OFFLINE | LIVE


def rule(
    id: str,  # noqa: A002 - what everybody calls it
    severity: Severity,
    title: str,
    *,
    about: type,
    says: str = "",
    source: Source | None = None,
    decides: frozenset[Decides] = OFFLINE,
    fixed: bool = False,
    reported_as: tuple[str, ...] = (),
) -> Callable[[Check], Rule]:
    """Make a rule of the function below: `(fact, context) -> findings`.

    `reported_as`: ids under which others report the part of it that they notice first.
    """

    def made(check: Check) -> Rule:
        return Rule(id, severity, title, says, source, decides, about, check, fixed, reported_as=reported_as)

    return made


def decided(
    id: str,  # noqa: A002
    severity: Severity,
    title: str,
    *,
    by: str,
    says: str = "",
    source: Source | None = None,
    decides: frozenset[Decides] = LIVE,
    fixed: bool = False,
    reported_as: tuple[str, ...] = (),
) -> Rule:
    """A rule that another part of the program decides (`by`: `plan`, `doctor`, `the YAML reader`, …)."""
    return Rule(id, severity, title, says, source, decides, fixed=fixed, decided_by=by, reported_as=reported_as)


def not_decidable(
    id: str,  # noqa: A002
    severity: Severity,
    title: str,
    *,
    why: str,
    says: str = "",
    source: Source | None = None,
) -> Rule:
    """A rule of the domain that no reading of this tool can decide, with the reason."""
    return Rule(id, severity, title, says, source, frozenset(), undecidable=why)


def rules_of(module: Any) -> Iterator[Rule]:
    """The rules that a module defines, in its order."""
    yield from (value for value in vars(module).values() if isinstance(value, Rule))


@dataclass(frozen=True, slots=True)
class Shown:
    """A fact of a live object: its name, and the spec that stands for it, if one does.

    Of an object that a spec stands for, `fact` may be what the spec leaves as it is (`Kind.carries`).
    """

    fact: Fact
    name: str
    kind: str
    live_id: str
    managed: Address | None = None
    owner: str | None = None
    """Of whom another workspace's marker says that it is."""
