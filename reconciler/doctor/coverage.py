"""Coverage of the chain as the tenant is now: whom a profile sends into enrollment and a part does not reach.

The same sides, populations and numbers as a plan's (`chain`), over live objects alone. A part that surely leaves
somebody out fails; what an unread group or an undocumented answer leaves open is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from ..audience import Population
from ..chain.filters import rules_of, without_lost
from ..chain.model import TITLES, Contender, Side, Supply
from ..chain.people import BEHIND_FILTER, Gap, gap, number, reached, winners
from ..chain.report import RULE_OF, whom
from ..chain.sides import standing
from ..chain.verdicts import Sides, meant
from ..chain.words import in_words
from ..diagnostics import Severity
from ..facts import USER_CHOICE, Fact, Part, Profile
from ..live import Live
from ..rules import REGISTRY
from . import pages
from .apps import authenticators
from .model import Check, Evidence, State, Verdict, failing, listed, ok, required, types_of, unknown, warning
from .sources import CATALOG, COMPLIANCE, FEATURES, PROFILES, STORE_APPS, VPP_APPS
from .sso import assigned

_MOST = 3
_SUPPLIES: Mapping[Part, tuple[str, ...]] = {
    "sso-policy": (FEATURES, CATALOG),
    "authenticator": (STORE_APPS, VPP_APPS),
    "first-sign-in-app": (STORE_APPS, VPP_APPS),
    "compliance": (COMPLIANCE.key,),
}
_MEANS: Mapping[Part, str] = {
    "sso-policy": "their devices enroll and never register",
    "authenticator": "it is not installed by itself, and without it nothing registers the device",
    "first-sign-in-app": "they do not have the app that they are told to open and sign in to first",
    "compliance": "JIT compliance remediation does not run for them: nobody is shown what to mend",
}
_WHERE: Mapping[Part, str] = {
    "sso-policy": "Devices > Configuration",
    "authenticator": "Apps > iOS/iPadOS > Microsoft Authenticator > Properties",
    "first-sign-in-app": "Apps > iOS/iPadOS",
    "compliance": "Devices > Compliance",
}
_SAID: Mapping[Part, str] = {
    "sso-policy": "an SSO policy that registers devices reaches",
    "authenticator": "required Authenticator reaches",
    "first-sign-in-app": "the first sign-in app reaches",
    "compliance": "a compliance policy for iOS/iPadOS reaches",
}
_PROVIDED = Verdict(State.NOT_APPLICABLE, "others provide it, as the workspace says")


@dataclass(frozen=True, slots=True)
class _Asked:
    """The question after one part, with what it is answered from."""

    part: Part
    side: Side
    lost: tuple[Supply, ...]
    """What a filter keeps from every personal device."""
    evidence: Evidence


def covered(part: Part, evidence: Evidence) -> Verdict:
    """Whether a part of the chain reaches everybody whom a profile sends into enrollment. Raises `NotRead`."""
    asked = _asked(part, evidence)
    sending = [p for p in asked.side.profiles if _sends(p) and (part != "first-sign-in-app" or p.first_app)]
    if not sending:
        return ok("no profile that registers devices just in time is assigned to anybody")
    census = evidence.census
    won = winners(asked.side.profiles, census)
    gaps = [gap(asked.side, part, p, census, evidence.names, won[p.key]) for p in sending]
    found = [each for each in gaps if each is not None]
    return _verdict(asked, found) if found else ok(f"{_SAID[part]} everybody whom a profile sends into enrollment")


def _asked(part: Part, evidence: Evidence) -> _Asked:
    shown = [pair for key in (PROFILES, *_SUPPLIES[part]) for pair in _facts(evidence, key)]
    side, lost = without_lost(standing(shown), rules_of(evidence.names))
    return _Asked(part, side, tuple(supply for supply, _ in lost if supply.part == part), evidence)


def _facts(evidence: Evidence, key: str) -> Iterable[tuple[Live, Fact]]:
    evidence.objects(key)
    return [(live, _profile(live, fact, evidence)) for live, fact in evidence.facts.get(key, ())]


def _profile(live: Live, fact: Fact, evidence: Evidence) -> Fact:
    """A live profile with the first sign-in app of its spec, which the tenant does not hold. One whose type is of no
    known form counts by the types that people may end up with.
    """
    if not isinstance(fact, Profile):
        return fact
    said = evidence.scope.first_apps.get(live.display_name)
    whole = replace(fact, onboarding=said) if said else fact
    return whole if isinstance(fact.type, str) else replace(whole, type=_type(types_of(fact)))


def _type(types: frozenset[str]) -> str:
    return next(iter(types)) if len(types) == 1 else USER_CHOICE


def _sends(profile: Contender) -> bool:
    return profile.jit_capable and any(not target.exclude for target in profile.targets)


def _verdict(asked: _Asked, found: list[Gap]) -> Verdict:
    sure = [each for each in found if asked.evidence.census.anybody(each.population)]
    if not sure and any(set(each.why) != {BEHIND_FILTER} for each in found):
        why = listed(dict.fromkeys(reason for each in found for reason in each.why), most=2)
        return unknown(f"whether everybody who enrolls has {TITLES[asked.part]} is not known: {why}")
    told = [_told(each, asked) for each in sure or found]
    more = f"; and {len(told) - _MOST} more" if len(told) > _MOST else ""
    say = failing if any(_fails(each, asked) for each in sure) else warning
    return say("; ".join(told[:_MOST]) + more, _MEANS[asked.part], _remedy(sure or found, asked))


def _fails(left: Gap, asked: _Asked) -> bool:
    """Whether a gap keeps enrollment from its end, and nobody has decided it by an exclusion."""
    if REGISTRY[RULE_OF[asked.part]].severity is not Severity.ERROR or not left.profile.needs_registration:
        return False
    sides, census = Sides(asked.side, asked.side), asked.evidence.census
    return census.anybody(Population(left.population.surely & ~meant(sides, left.profile, asked.part, census)))


def _told(left: Gap, asked: _Asked) -> str:
    sure = asked.evidence.census.anybody(left.population)
    verb = ("enrolls" if left.people.least == left.people.most == 1 else "enroll") if sure else "may enroll"
    told = f"{whom(left)} {verb} with {left.profile.name!r} without {TITLES[asked.part]}"
    why = _reasons(left, asked)
    return f"{told} ({'; '.join(why)})" if why else told


def _reasons(left: Gap, asked: _Asked) -> list[str]:
    """Why what is there does not serve these people, where something is."""
    serving = {supply.key for supply in asked.side.serving(asked.part, left.profile)}
    near = _near(left, asked)
    useless = [s.doubt for s in near if not s.works and s.doubt]
    device = [f"{s.name} is not licensed to the user" for s in near if s.works and s.key not in serving]
    filtered = [f"a filter keeps {s.name} from people's own devices" for s in asked.lost]
    licences = device if asked.part == "authenticator" else []
    return [*dict.fromkeys([*useless, *licences, *filtered])][:2]


def _near(left: Gap, asked: _Asked) -> list[Supply]:
    """What reaches some of these people, and does not serve them."""
    census = asked.evidence.census
    same = [supply for supply in asked.side.supplies if supply.part == asked.part]
    return [s for s in same if not number(reached(s.targets, census, enrolled=True) & left.population, census).none]


def _remedy(gaps: list[Gap], asked: _Asked) -> str:
    """The targets that would close the gaps, and what is to be assigned to them."""
    to = list(dict.fromkeys(whom_to for left in gaps for whom_to in _whom_to(left, asked)))
    useless = dict.fromkeys(s.name for left in gaps for s in _near(left, asked) if not s.works)
    mend = f"correct {listed(useless)}, or " if useless else ""
    return f"{mend}assign {_what(gaps, asked)} to {listed(to)}: {_WHERE[asked.part]}"


def _whom_to(left: Gap, asked: _Asked) -> list[str]:
    """The groups that are left out, where those are all of the people; or else those whom the profile is for."""
    census, rest = asked.evidence.census, left.population
    whole = [share for share in left.shares if share.whole]
    for share in whole:
        rest = rest - census.groups[share.group]
    if whole and number(rest, census).none:
        return [f"the group {share.name!r}" for share in whole]
    return [in_words(t, asked.evidence.names) for t in left.profile.targets if not t.exclude]


def _what(gaps: list[Gap], asked: _Asked) -> str:
    if asked.part == "sso-policy":
        return "an SSO policy that registers devices"
    if asked.part == "authenticator":
        by_user = ", with licence type User" if any(left.profile.account_driven for left in gaps) else ""
        return f"Authenticator as required{by_user},"
    return "the first sign-in app" if asked.part == "first-sign-in-app" else "a compliance policy for iOS/iPadOS"


def _sso(evidence: Evidence) -> Verdict:
    if "sso-policy" in evidence.scope.provided:
        return _PROVIDED
    if not assigned(evidence):
        return Verdict(State.NOT_APPLICABLE, "no SSO policy is assigned to anybody (JIT110)")
    return covered("sso-policy", evidence)


def _authenticator(evidence: Evidence) -> Verdict:
    if "authenticator" in evidence.scope.provided:
        return _PROVIDED
    apps = authenticators(evidence)
    means = "devices enroll and never register: Authenticator carries the sign-in of every work app"
    if not apps:
        return failing(
            "Microsoft Authenticator is not among the tenant's apps",
            means,
            "add it (Apps > iOS/iPadOS > Add, or buy it in Apple Business Manager), or set `createIfMissing: true` in "
            "the spec",
        )
    if not any(not target.exclude for live in apps for target in required(live)):
        return failing(
            "Authenticator is not required for anybody", means, f"require it of those who enroll: {_WHERE[_AUTH]}"
        )
    return covered("authenticator", evidence)


_AUTH: Part = "authenticator"


def _unless_provided(part: Part, evidence: Evidence) -> Verdict:
    return _PROVIDED if part in evidence.scope.provided else covered(part, evidence)


def _of(part: Part) -> Callable[[Evidence], Verdict]:
    return partial(_unless_provided, part)


def _reads(part: Part) -> tuple[str, ...]:
    return (PROFILES, *_SUPPLIES[part])


CHECKS = (
    Check("JIT401", "SSO policies for those who enroll", _reads("sso-policy"), _sso, pages.JIT),
    Check("JIT503", "required Authenticator for those who enroll", _reads("authenticator"), _authenticator, pages.JIT),
    Check(
        "JIT521", "first sign-in app", _reads("first-sign-in-app"), _of("first-sign-in-app"), pages.JIT,
        lambda scope: bool(scope.first_apps), "no valid spec of a profile names a first sign-in app",
    ),
    Check(
        "JIT552", "compliance policies for those who enroll", _reads("compliance"), _of("compliance"), pages.COMPLIANCE
    ),
)  # fmt: skip
