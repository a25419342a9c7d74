"""The chain as specs alone tell it: targets by name, profiles in the order that the specs ask for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..assignments import Filter, Target, Wanted, wanted_targets
from ..facts import App, Compliance, Delivery, DeviceFilter, Order, Profile, SsoPolicy
from ..spec.load import Desired
from .filters import without_lost
from .model import OFFERED, Contender, Side, Supply

if TYPE_CHECKING:
    from ..rules.model import Estate


def declared(estate: Estate) -> Side:
    """The chain of a spec set."""
    supplies = [
        *(_policy(desired, policy) for desired, policy in estate.of(SsoPolicy)),
        *(supply for desired, app in estate.of(App) for supply in _app(desired, app)),
        *(_compliance(desired, policy) for desired, policy in estate.of(Compliance)),
    ]
    side = Side(_in_order(estate), tuple(supply for supply in supplies if supply.targets))
    rules = {found.name.casefold(): str(found.rule.value) for _, found in estate.of(DeviceFilter)}
    return without_lost(side, rules)[0]


def _in_order(estate: Estate) -> tuple[Contender, ...]:
    """The profiles, those that the order names first. The others' order among themselves is not known."""
    found = {desired.address.name: _contender(desired, profile) for desired, profile in estate.of(Profile)}
    listed = [str(value.value) for _, order in estate.of(Order) for value in order.names]
    first = [found[name] for name in dict.fromkeys(listed) if name in found]
    return (*first, *(each for name, each in found.items() if name not in listed))


def ranked(estate: Estate) -> frozenset[str]:
    """The names of the profiles whose rank the specs settle."""
    return frozenset(str(value.value) for _, order in estate.of(Order) for value in order.names)


def _contender(desired: Desired, profile: Profile) -> Contender:
    app = profile.onboarding.first_app
    return Contender(
        str(desired.address),
        profile.name,
        profile.type,
        named(_wanted(desired)),
        profile.options,
        desired.address,
        str(app.value).casefold() if app else None,
    )


def _policy(desired: Desired, policy: SsoPolicy) -> Supply:
    return Supply("sso-policy", str(desired.address), str(desired.address), _targets(desired), desired.address)


def _compliance(desired: Desired, policy: Compliance) -> Supply:
    return Supply("compliance", str(desired.address), str(desired.address), _targets(desired), desired.address)


def _targets(desired: Desired) -> tuple[Target, ...]:
    """The targets of a policy; where its spec leaves them as they are, nobody can tell offline whom it reaches."""
    return named(_wanted(desired)) if "assignments" in desired.spec else (Target("other", "left as it is"),)


def _app(desired: Desired, app: App) -> Iterable[Supply]:
    """An app provides itself; Authenticator counts where it is required, by licences that fit or do not."""
    name, bundle = str(desired.address), (app.bundle_id or "").casefold()
    if not app.authenticator:
        targets = _delivered(app.deliveries, OFFERED)
        yield Supply("first-sign-in-app", name, name, targets, desired.address, app=bundle)
        return
    for account_driven in (True, False):
        fitting = [d for d in app.deliveries if d.wanted.exclude or _serves_account_driven(app, d) is account_driven]
        if any(not d.wanted.exclude for d in fitting):
            targets = _delivered(fitting, frozenset({"required"}))
            yield Supply("authenticator", name, name, targets, desired.address, account_driven, app=bundle)


def _serves_account_driven(app: App, delivery: Delivery) -> bool:
    """Microsoft: user enrollment installs apps from Apple's volume purchase with user licences only."""
    return app.source == "vpp" and delivery.licensing != "device"


def _delivered(deliveries: Sequence[Delivery], intents: frozenset[str]) -> tuple[Target, ...]:
    return named([d.wanted for d in deliveries if d.intent.casefold() in intents])


def _wanted(desired: Desired) -> list[Wanted]:
    return wanted_targets(desired.spec.get("assignments"))


def named(wanted: Iterable[Wanted]) -> tuple[Target, ...]:
    """Targets by name, as far as specs can tell them apart."""
    return tuple(
        Target(w.who, w.group, w.exclude, Filter(w.filter[0], w.filter[1]) if w.filter else None) for w in wanted
    )
