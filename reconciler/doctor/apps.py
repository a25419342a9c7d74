"""Authenticator as the tenant has it: which copies there are, and whether VPP can deliver it."""

from __future__ import annotations

from collections.abc import Iterator

from ..assignments import Target, read_target
from ..audience import reach
from ..facts import ACCOUNT_DRIVEN, App
from ..live import Live
from ..model import Json
from . import pages
from .model import Check, Evidence, Verdict, failing, listed, moment, ok, required, unknown, warning
from .sources import STORE_APPS, TOKENS, VPP_APPS

RENEW_DAYS = 30
_WHERE = "Apps > iOS/iPadOS"
_AT_CONNECTORS = "look in Tenant administration > Connectors and tokens > Apple VPP tokens"
_UNUSABLE = ("expired", "invalid", "assignedToExternalMDM", "duplicateLocationId")
"""States of a token that delivers nothing. Source: vppTokenState in the Microsoft Graph reference."""


def authenticators(evidence: Evidence) -> list[Live]:
    """Every copy of Authenticator: the store app, and one for each VPP token. Raises `NotRead`."""
    shown = [*evidence.shown(STORE_APPS, App), *evidence.shown(VPP_APPS, App)]
    return [live for live, app in shown if app.authenticator]


def _twice(evidence: Evidence) -> Verdict:
    """Two copies of Authenticator for the same people."""
    assigned = [live for live in authenticators(evidence) if any(not t.exclude for t in required(live))]
    if not assigned:
        return ok("no copy of Authenticator is required for anybody")
    met = {
        (i, j): evidence.meet(required(one), required(assigned[j])) for i, one in enumerate(assigned) for j in range(i)
    }
    if twice := sorted({index for pair, meet in met.items() if meet for index in pair}):
        return failing(
            f"{len(twice)} copies of Authenticator are required for the same people "
            f"({_copies([assigned[index] for index in twice])})",
            "which copy a device installs, and by which licence, is not settled",
            f"assign one copy to each person: {_WHERE}",
        )
    if None in met.values():
        why = evidence.why_not(t for live in assigned for t in required(live))
        return unknown(f"whether several copies of Authenticator are required for the same people is not known: {why}")
    return ok(f"Authenticator is required by {_copies(assigned)}")


def _copies(apps: list[Live]) -> str:
    return listed(_copy(live) for live in apps)


def _copy(live: Live) -> str:
    if is_vpp(live):
        return f"the VPP app of token {str(live.body.get('vppTokenDisplayName') or 'unknown')!r}"
    return "the store app"


def _vpp(evidence: Evidence) -> Verdict:
    """The tokens that deliver a required Authenticator, and their licences."""
    apps = [live for live, app in evidence.shown(VPP_APPS, App) if app.authenticator and required(live)]
    if not apps:
        return ok("no VPP copy of Authenticator is required for anybody")
    tokens = {token.id.casefold(): token for token in evidence.objects(TOKENS.key)}
    found = [verdict for live in apps for verdict in _of_app(live, tokens, evidence)]
    worst = next((v for state in ("failing", "warning", "unread") for v in found if v.state == state), None)
    return worst or ok("the VPP tokens that deliver Authenticator are valid, with licences enough")


def _of_app(live: Live, tokens: dict[str, Live], evidence: Evidence) -> Iterator[Verdict]:
    name = repr(str(live.body.get("vppTokenDisplayName") or "unknown"))
    token = tokens.get(str(live.body.get("vppTokenId") or "").casefold())
    if token is None:
        yield unknown(f"the VPP token {name} of Authenticator is not among the tokens that Graph shows")
    else:
        yield _token(name, token, evidence)
    yield _licences(name, live, evidence)


def _token(name: str, token: Live, evidence: Evidence) -> Verdict:
    state, expires = token.body.get("state"), moment(token.body.get("expirationDateTime"))
    renew = "renew it: Tenant administration > Connectors and tokens > Apple VPP tokens"
    means = "Authenticator is not installed, so no device registers"
    if state in _UNUSABLE:
        return failing(f"the VPP token {name} is {state}", means, renew)
    if expires is not None and expires <= evidence.now:
        return failing(f"the VPP token {name} is expired", means, renew)
    if state != "valid" or expires is None:
        what = "until when" if state == "valid" else "whether"
        return unknown(f"Graph does not say {what} the VPP token {name} is valid", _AT_CONNECTORS)
    if (days := (expires - evidence.now).days) <= RENEW_DAYS:
        found = f"the VPP token {name} expires in {days} days, on {str(token.body.get('expirationDateTime'))[:10]}"
        return warning(found, "from then on Authenticator is not installed any more", renew)
    return ok(f"the VPP token {name} is valid")


def _licences(name: str, live: Live, evidence: Evidence) -> Verdict:
    total, used = _number(live.body.get("totalLicenseCount")), _number(live.body.get("usedLicenseCount"))
    if total is None or used is None:
        return unknown(f"Graph does not say how many licences of Authenticator token {name} has")
    buy = "get more licences in Apple Business Manager (they are free), and sync the token"
    if total - used <= 0:
        means = "people who enroll from now on get no Authenticator, and their devices do not register"
        return failing(f"all {total} licences of Authenticator of token {name} are used", means, buy)
    people = evidence.census.count(reach(required(live), evidence.census))
    if people is None:
        why = evidence.why_not(required(live)) or "it is required for devices"
        return unknown(f"token {name} has {total} licences of Authenticator; for how many people is not known: {why}")
    if people > total:
        found = f"token {name} has {total} licences of Authenticator for {people} people"
        return failing(found, "the last of them get no Authenticator, and their devices do not register", buy)
    return ok(f"{total - used} of {total} licences of Authenticator of token {name} are free")


def _user_licensed(evidence: Evidence) -> Verdict:
    """Account-driven enrollment installs neither store apps nor device-licensed ones."""
    vpp = [live for live, app in evidence.shown(VPP_APPS, App) if app.authenticator]
    able = [live for live in vpp if licensed_to(live, True)]
    if able:
        return ok(f"Authenticator is required with user licensing by {_copies(able)}")
    if unclear := [live for live in vpp if licensed_to(live, None)]:
        return unknown(
            f"with which licence Authenticator is required by {_copies(unclear)}, Graph does not say",
            f"choose licence type User: {_WHERE} > Microsoft Authenticator > Properties > Assignments",
        )
    return failing(
        "no VPP copy of Authenticator is required with user licensing",
        "account-driven enrollment installs no store app and no device-licensed one: such devices do not register",
        f"assign the VPP app with licence type User: {_WHERE} > Microsoft Authenticator > Properties > Assignments",
    )


def licensed_to(live: Live, person: bool | None) -> list[Target]:
    """The targets for which an app is required with a licence of the person (False: of the device; None: Graph does not
    say which), and the exclusions from them. A store app is licensed to nobody here.
    """
    if not is_vpp(live):
        return []
    wanted = [a for a in live.assignments if str(a.get("intent") or "").casefold() == "required"]
    read = [(read_target(a.get("target")), _by_person(a.get("settings"))) for a in wanted]
    held = [t for t, licence in read if not t.exclude and licence is person]
    return [*held, *(t for t, _ in read if t.exclude)] if held else []


def _by_person(settings: Json) -> bool | None:
    by_device = settings.get("useDeviceLicensing") if isinstance(settings, dict) else None
    return not by_device if isinstance(by_device, bool) else None


def is_vpp(live: Live) -> bool:
    """Whether an app comes from Apple's volume purchase."""
    return str(live.body.get("@odata.type") or "").casefold().endswith("vppapp")


def _number(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


CHECKS = (
    Check("JIT504", "one Authenticator for each person", (STORE_APPS, VPP_APPS), _twice, pages.JIT),
    Check("JIT505", "VPP tokens and licences of Authenticator", (VPP_APPS, TOKENS.key), _vpp, pages.VPP),
    Check(
        "JIT506", "Authenticator for account-driven enrollment", (VPP_APPS,), _user_licensed, pages.VPP,
        lambda scope: scope.may_have(ACCOUNT_DRIVEN), "no profile is account-driven",
    ),
)  # fmt: skip
