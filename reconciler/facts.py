"""The nouns of enrollment as rules, coverage and guide see them: the same for a spec and for a live object.

A kind tells them through `Kind.declares` (of a spec) and `Kind.shows` (of a live object), so that whoever reads them
needs to know no kind. Plain data; a `path` is the place in the spec's document, and empty for what is live.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from .assignments import Wanted
from .model import Json, Path

Part = Literal["sso-policy", "authenticator", "first-sign-in-app", "web-clip", "compliance"]
"""A part of the chain that people need beside a profile, as the workspace's `provided` names it."""
PARTS: tuple[Part, ...] = ("sso-policy", "authenticator", "first-sign-in-app", "web-clip", "compliance")


@dataclass(frozen=True, slots=True)
class Value:
    """One value with its place."""

    value: Json
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """One entry of the SSO extension's data."""

    key: Json
    type: str
    """`string`, `integer`, `boolean`, `real`, or Graph's own name of a type that is none of these."""
    value: Json
    path: Path = ()
    """Of the entry; its parts stand below it as `key`, `type` and `value`."""


@dataclass(frozen=True, slots=True)
class SsoPolicy:
    """A single sign-on app extension policy."""

    name: str
    pairs: tuple[Pair, ...] = ()
    """As they are written out; a spec may say two of them by the switches instead."""
    bundle_ids: tuple[Value, ...] = ()
    registration: Value | None = None
    """The switch `jitRegistration`: true writes the pair. None for what is live, which has no switches."""
    safari: Value | None = None
    """The switch `safariSso`: true writes 1, false 0, null no pair. None for what is live."""
    extension: str = "entra"
    """`entra`, `redirect`, `credential`, `kerberos`, `none`, or Graph's own name of another type."""
    urls: tuple[str, ...] = ()
    """The addresses (of a redirect extension) or domains (of a credential one) that it takes; Intune fills in those of
    the Entra type.
    """
    shared_device: bool = False
    encoding: Literal["template", "deprecated", "catalog"] = "template"
    """Where it lives: a device-features template, the deprecated property of one, or the settings catalog."""
    not_understood: tuple[str, ...] = ()
    """What of it could not be read into these fields, in words."""
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What several rules work out of the same policy, made on first use."""


@dataclass(frozen=True, slots=True)
class App:
    """An app and how it is delivered."""

    name: str
    bundle_id: str | None = None
    """None: not known, as for a spec that names the app otherwise."""
    store_id: str | None = None
    """The number of its App Store page."""
    source: Literal["store", "vpp", "lob", "built-in", "other"] | None = None
    authenticator: bool = False
    deliveries: tuple[Delivery, ...] = ()
    """Of a spec: to whom, with which intent. Of a live app its assignments say it (`assigned`)."""
    path: Path = ()
    """Where the spec names the app."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One target of an app in a spec, with everything that applies to it."""

    wanted: Wanted
    intent: str
    """`required`, `available`, `uninstall` or `availableWithoutEnrollment`."""
    licensing: Literal["user", "device"] | None = None
    """None where it does not apply or is left as it is."""


@dataclass(frozen=True, slots=True)
class Onboarding:
    """What a profile's spec says around it."""

    first_app: Value | None = None
    """A bundle id."""
    first_app_name: str | None = None
    """What people know it by, where the spec says so."""
    compliance: tuple[Value, ...] | None = None
    """Names of compliance policies; empty: none on purpose. None: not mentioned."""
    minimum_ios: Value | None = None
    domains: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """A user-initiated enrollment profile."""

    name: str
    type: Json
    """The portal's word (`webBasedDeviceEnrollment`, …, `determineByUserChoice`); None where a spec does not say."""
    options: tuple[tuple[str, str], ...] = ()
    """(owner, type) that people may end up with: one for a single type, several where they choose."""
    onboarding: Onboarding = Onboarding()
    priority: int | None = None
    """Of a live profile: the winner has the least."""
    path: Path = ()
    """Of the type."""


@dataclass(frozen=True, slots=True)
class Order:
    """The order of profiles that a spec asks for, the winner first: their names within the specs."""

    names: tuple[Value, ...]
    unlisted: Literal["first", "last", "keep"]


@dataclass(frozen=True, slots=True)
class Clip:
    """A web page on the home screen."""

    name: str
    url: Value
    managed_browser: Value | None = None
    deliveries: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True)
class Compliance:
    """A compliance policy that is assigned, by a spec or live."""

    name: str
    platform: str = "ios"


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """An assignment filter."""

    name: str
    rule: Value
    platform: str | None = None


@dataclass(frozen=True, slots=True)
class AutomatedProfile:
    """A profile of Automated Device Enrollment: read only."""

    name: str
    authentication: Literal["modern", "company-portal", "none", "unknown"]
    """How people sign in during setup; `unknown` where Graph's flags do not tell (their meaning is not documented)."""
    single_app_mode: bool | None = None
    shared_mode: bool | None = None
    default: bool = False
    token: str | None = None


Fact: TypeAlias = "SsoPolicy | App | Profile | Order | Clip | Compliance | DeviceFilter | AutomatedProfile"

REGISTRATION_KEY, REGISTRATION_VALUE = "device_registration", "{{DEVICEREGISTRATION}}"
SAFARI_KEY = "browser_sso_interaction_enabled"
AUTHENTICATOR = "com.microsoft.azureauthenticator"
AUTHENTICATOR_STORE_ID = "983156458"

WEB_BASED = "webBasedDeviceEnrollment"
ACCOUNT_DRIVEN = "accountDrivenUserEnrollment"
COMPANY_PORTAL = "deviceEnrollmentWithCompanyPortal"
USER_CHOICE = "determineByUserChoice"
WITHDRAWN = "userEnrollmentWithCompanyPortal"

NEEDS_REGISTRATION = frozenset({WEB_BASED, ACCOUNT_DRIVEN})
"""Enrollment types that end half-way without just-in-time registration (docs/rules.md, coverage)."""
JIT_CAPABLE = frozenset({WEB_BASED, ACCOUNT_DRIVEN, COMPANY_PORTAL, USER_CHOICE})
"""Enrollment types with which registration may happen just in time."""
