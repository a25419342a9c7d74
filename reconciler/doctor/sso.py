"""The SSO extension as the tenant has it: whether there is one, and one for each person."""

from __future__ import annotations

from ..facts import SsoPolicy
from ..live import Live
from . import pages
from .model import Check, Evidence, State, Verdict, failing, listed, ok, targets, unknown, warning
from .sources import CATALOG, FEATURES, PROTECTION

_WHERE = "Devices > Configuration"


def policies(evidence: Evidence) -> list[tuple[Live, SsoPolicy]]:
    """Every policy with the extension of Entra, in both encodings. Raises `NotRead`."""
    shown = [*evidence.shown(FEATURES, SsoPolicy), *evidence.shown(CATALOG, SsoPolicy)]
    return [(live, policy) for live, policy in shown if policy.extension == "entra"]


def assigned(evidence: Evidence) -> list[tuple[Live, SsoPolicy]]:
    """Those that somebody gets. Raises `NotRead`."""
    return [(live, policy) for live, policy in policies(evidence) if any(not t.exclude for t in targets(live))]


def _any(evidence: Evidence) -> Verdict:
    if "sso-policy" in evidence.scope.provided:
        return Verdict(State.NOT_APPLICABLE, "others provide the SSO policy, as the workspace says")
    found = assigned(evidence)
    if found:
        return ok(f"SSO extension policies are assigned: {listed(repr(policy.name) for _, policy in found)}")
    return failing(
        "no policy with the SSO extension of Entra is assigned to anybody",
        "devices enroll and never register, and Company Portal does not recognise them",
        "plan and apply the specs, or assign one: Devices > Configuration > Device features",
    )


def _second(evidence: Evidence) -> Verdict:
    """Two extensions on one person: their URLs have to be unique on a device, in whichever encoding they come."""
    found = assigned(evidence)
    met = {
        f"{one.name!r}{_form(one)} and {other.name!r}{_form(other)}": evidence.meet(targets(live), targets(other_live))
        for index, (live, one) in enumerate(found)
        for other_live, other in found[index + 1 :]
    }
    if pairs := [pair for pair, meet in met.items() if meet]:
        return failing(
            f"the same people get two SSO extensions: {listed(pairs, most=2)}",
            "their URLs have to be unique on a device; which of the two then works is not documented",
            f"keep one of the two, or exclude its people from the other: {_WHERE}",
        )
    if doubtful := [pair for pair, meet in met.items() if meet is None]:
        why = evidence.why_not(t for live, _ in found for t in targets(live))
        return unknown(f"whether the same people get {listed(doubtful, most=2)} is not known: {why}")
    return ok("nobody gets two SSO extensions")


def _form(policy: SsoPolicy) -> str:
    return " (settings catalog)" if policy.encoding == "catalog" else ""


_NATIVE_PROMPTS = ("disable_explicit_native_app_prompt", "disable_explicit_native_app_prompt_and_autologin")


def _prompts(evidence: Evidence) -> Verdict:
    """Keys that Microsoft does not recommend where app protection policies are in use."""
    found = [(live, policy) for live, policy in policies(evidence) if _has_native_prompts_off(policy) and targets(live)]
    if not found:
        return ok("no assigned SSO policy switches the prompts of native apps off")
    protecting = [live for live in evidence.objects(PROTECTION.key) if targets(live)]
    met = [(p, g, evidence.meet(targets(live), targets(g))) for live, p in found for g in protecting]
    if bad := [f"{policy.name!r} and {guard.display_name!r}" for policy, guard, meet in met if meet]:
        return warning(
            f"SSO policies that switch prompts of native apps off meet app protection policies: {listed(bad, most=2)}",
            "Microsoft advises against having both for the same people",
            f"take {_NATIVE_PROMPTS[0]} out of the SSO policy: {_WHERE}",
        )
    if any(meet is None for *_, meet in met):
        why = evidence.why_not(t for live in (*(live for live, _ in found), *protecting) for t in targets(live))
        return unknown(f"whether such SSO policies meet app protection policies is not known: {why}")
    return ok("no app protection policy reaches people whose SSO policy switches the prompts of native apps off")


def _has_native_prompts_off(policy: SsoPolicy) -> bool:
    return any(pair.key in _NATIVE_PROMPTS and pair.value in (1, True) for pair in policy.pairs)


CHECKS = (
    Check("JIT110", "SSO extension policy", (FEATURES, CATALOG), _any, pages.FEATURES),
    Check("JIT105", "one SSO extension for each person", (FEATURES, CATALOG), _second, pages.FEATURES),
    Check(
        "JIT130", "prompts of native apps and app protection", (FEATURES, CATALOG, PROTECTION.key), _prompts,
        pages.PLUGIN,
    ),
)  # fmt: skip
