"""`AuthenticatorAssignment`: Microsoft Authenticator as an assigned app, from the App Store or a VPP token.

The broker of just-in-time registration: Microsoft's articles want it assigned as *required* to the people who enroll.
The app is shared with others (see `app_pairs`), is never deleted, and nothing here uninstalls it unless the spec's
own intent says `uninstall`: people's sign-in methods live in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ..diagnostics import Diagnostic
from ..identity import markers_of, owned_by
from ..kind import Comparison, Kind, Match, Operation, Phase, Subject, Verb, World
from ..live import Collection, Live
from ..marker import Marker
from ..model import Json, JsonObject
from ..spec.load import Desired
from . import app_pairs, common
from .app_pairs import LivePair, Pair, SettingsType
from .reassign import whole

_APPS = "/beta/deviceAppManagement/mobileApps"
STORE_APPS = Collection(
    "storeApps",
    _APPS,
    "$filter=isof(%27microsoft.graph.iosStoreApp%27)",
    assignments="expanded",
    read_permissions=("DeviceManagementApps.Read.All", "DeviceManagementApps.ReadWrite.All"),
    write_permissions=("DeviceManagementApps.ReadWrite.All",),
)
VPP_APPS = replace(STORE_APPS, key="vppApps", query="$filter=isof(%27microsoft.graph.iosVppApp%27)")
BUNDLE_ID = "com.microsoft.azureauthenticator"
STORE_ID = "983156458"
_STORE_NUMBER = re.compile(r"/id(\d+)")
STORE_APP: JsonObject = {
    "@odata.type": "#microsoft.graph.iosStoreApp",
    "displayName": "Microsoft Authenticator",
    "description": "Microsoft Authenticator",
    "publisher": "Microsoft Corporation",
    "appStoreUrl": f"https://apps.apple.com/us/app/microsoft-authenticator/id{STORE_ID}",
    "bundleId": BUNDLE_ID,
    "applicableDeviceType": {"@odata.type": "#microsoft.graph.iosDeviceType", "iPad": True, "iPhoneAndIPod": True},
    "minimumSupportedOperatingSystem": {"@odata.type": "#microsoft.graph.iosMinimumOperatingSystem", "v16_0": True},
    "isFeatured": False,
}
"""What is created where a tenant has no Authenticator yet; the name and address of the App Store page."""


def _app(desired: Desired) -> JsonObject:
    app = desired.spec["app"]
    assert isinstance(app, dict), "the schema lets through mappings only"
    return app


def _is_vpp(desired: Desired) -> bool:
    return _app(desired)["source"] == "vpp"


def _settings_type(desired: Desired) -> SettingsType:
    return app_pairs.VPP if _is_vpp(desired) else app_pairs.STORE


def is_authenticator(body: JsonObject) -> bool:
    """By bundle id, else by the number in the App Store address, which the service rewrites; never by name."""
    bundle = body.get("bundleId")
    if isinstance(bundle, str) and bundle:
        return bundle.casefold() == BUNDLE_ID
    number = _STORE_NUMBER.search(str(body.get("appStoreUrl") or ""))
    return bool(number) and number is not None and number.group(1) == STORE_ID


def find(desired: Desired, world: World) -> Match:
    """The app that the spec means: pinned, or the only Authenticator of that source (and token)."""
    apps = [
        live for live in world.objects((VPP_APPS if _is_vpp(desired) else STORE_APPS,)) if is_authenticator(live.body)
    ]
    if pin := desired.pin(world.tenant):
        return _pinned(desired, world, apps, pin)
    named = str(_app(desired).get("token"))
    token = world.renamed.get("apps", {}).get(named, named)
    meant = [live for live in apps if not _is_vpp(desired) or live.body.get("vppTokenDisplayName") == token]
    if len(meant) == 1:
        return Match(meant[0], "content")
    if meant:
        ids = ", ".join(sorted(live.id for live in meant))
        return _refused(
            desired, f"{len(meant)} live Authenticator apps fit: {ids}", "pin the one that is meant with `id`"
        )
    return _missing(desired, apps)


def _pinned(desired: Desired, world: World, apps: list[Live], pin: str) -> Match:
    pinned = next((live for live in apps if live.id.casefold() == pin), None)
    if pinned is None:
        return _refused(
            desired,
            f"no Authenticator app of this source has the pinned id {pin}",
            "correct the id, or drop it",
            rule="IDENT103",
            member="id",
        )
    others = [
        live.id for live in apps if live is not pinned and desired.address in owned_by(live, "notes", world.owners)
    ]
    if others:
        message = f"the spec pins {pinned.id}, but {', '.join(sorted(others))} carries its marker"
        detail = "remove the marker line from the one that is not meant, or correct the pin"
        return _refused(desired, message, detail, rule="IDENT104", member="id")
    return Match(pinned, "pin")


def _missing(desired: Desired, apps: list[Live]) -> Match:
    if _is_vpp(desired):
        tokens = sorted({str(live.body.get("vppTokenDisplayName")) for live in apps})
        found = f"Authenticator comes from {', '.join(tokens)}" if tokens else "no VPP token brings Authenticator"
        detail = f"{found}; buy licences in Apple Business Manager and sync the token, or correct `token`"
        return _refused(desired, f"the VPP token {_app(desired).get('token')!r} brings no Authenticator", detail)
    if _app(desired).get("createIfMissing") is True:
        return Match()
    return _refused(
        desired, "the tenant has no Authenticator from the App Store", "set `createIfMissing: true`, or add the app"
    )


def _refused(
    desired: Desired, message: str, detail: str | None, *, rule: str = "IDENT106", member: str = "app"
) -> Match:
    return Match(None, "none", (desired.problem(rule, message, detail, ("spec", member)),))


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the pairs of one app stand: what is ours to write, what is live, what goes, what stays as it is."""

    wanted: dict[str, Pair]
    ours: dict[str, LivePair]
    """Live pairs that this spec manages, by key."""
    others: list[LivePair]
    marker: Marker
    recorded: tuple[str, ...]
    """Digests that our marker on the live app holds."""


def _pairs(subject: Subject) -> tuple[_Plan, list[Diagnostic]]:
    spec, kind = subject.spec, _settings_type(subject.desired)
    wanted, problems = app_pairs.wanted_pairs(subject, lambda each, licence: _settings(subject, each, licence))
    live = app_pairs.read_pairs(subject.live.assignments if subject.live else (), kind)
    problems += app_pairs.given(subject, wanted, live)
    recorded, given_up = _recorded(subject)
    mentioned, takes_all = "assignments" in spec, spec.get("unlisted", "keep") == "remove"
    ours = {
        found.pair.key: found
        for found in live
        if mentioned and found.direct and (takes_all or found.pair.key in wanted or found.pair.digest in given_up)
    }
    others = [found for found in live if ours.get(found.pair.key) is not found]
    held = {
        key: app_pairs.adapted(pair, ours[key].pair) if key in ours else app_pairs.complete(pair, kind)
        for key, pair in sorted(wanted.items())
    }
    problems += [*_contested(subject, held, ours), *app_pairs.opposed(subject, held, others)]
    digests = tuple(sorted({pair.digest for pair in held.values()})) if mentioned else recorded
    marker = common.marker_of(subject, "notes", digests)
    return _Plan(held, ours, others, marker, recorded), problems


def _contested(subject: Subject, wanted: dict[str, Pair], live: dict[str, LivePair]) -> list[Diagnostic]:
    """Pairs that another owner recorded with other settings: each run of either would undo the other's."""
    markers = markers_of(subject.live, "notes") if subject.live else ()
    others = {d: m for m in markers if not common.is_own(subject, m) for d in m.pairs}
    found: list[Diagnostic] = []
    for key, pair in wanted.items():
        if pair.digest in others and key in live and app_pairs.differs(pair, live[key]):
            whose = f"{others[pair.digest].address} of {others[pair.digest].owner}"
            message = f"{whose} assigns the same target with other settings"
            detail = "agree on one: both would be written in turn"
            found.append(subject.problem("IDENT109", message, detail, ("spec", "assignments")))
    return found


def _settings(subject: Subject, intent: str, licensing: str | None) -> dict[str, Json]:
    """The settings that the spec mentions for one pair."""
    kind = _settings_type(subject.desired)
    spec = subject.spec
    mentioned = {flag: app_pairs.stated(flag, spec[flag]) for flag in kind.flags if flag in spec}
    chosen = licensing or _app(subject.desired).get("licensing")
    if kind.licensed and chosen:
        mentioned["licensing"] = chosen
    return app_pairs.applicable(mentioned, intent)


def _recorded(subject: Subject) -> tuple[tuple[str, ...], set[str]]:
    """What our marker on the live app records, and which of it no other marker records: only that is ours to remove."""
    markers = markers_of(subject.live, "notes") if subject.live else ()
    own = [marker for marker in markers if common.is_own(subject, marker)]
    others = {digest for marker in markers if marker not in own for digest in marker.pairs}
    recorded = own[0].pairs if own else ()
    return recorded, {*recorded} - others


def compare(subject: Subject) -> Comparison:
    """Both sides: the pairs that are ours, and the marker that says so."""
    plan, problems = _pairs(subject)
    wanted: dict[str, Json] = {}
    if subject.live is None:
        wanted["app"] = {"source": "store", "bundleId": BUNDLE_ID, "displayName": STORE_APP["displayName"]}
    if "assignments" in subject.spec:
        wanted["assignments"] = app_pairs.shown(plan.wanted.values(), subject.world.names)
    wanted[common.MARKER] = plan.marker.line()
    if subject.live is None:
        return Comparison(wanted, {}, tuple(problems), basis=plan)
    found = [app_pairs.restricted(live.pair, plan.wanted.get(key)) for key, live in plan.ours.items()]
    held = app_pairs.shown(found, subject.world.names)
    marker = common.marker_line(subject, "notes")
    return Comparison(wanted, {"assignments": held, common.MARKER: marker}, tuple(problems), basis=plan)


def write(subject: Subject, comparison: Comparison) -> list[Operation]:
    """Create if missing; record new pairs in the marker, assign, give up what goes, drop it from the marker."""
    plan: _Plan = comparison.basis
    changed = set(comparison.changed)
    operations: list[Operation] = []
    if subject.live is None:
        body = {**STORE_APP, "notes": common.marked_text(subject, "notes", plan.marker)}
        operations.append(Operation(Verb.CREATE, "POST", _APPS, body))
    else:
        operations += _record(subject, _before(plan), Phase.WRITE)
    if "assignments" in changed:
        path = f"{_APPS}/{subject.id}/assign"
        kind = _settings_type(subject.desired)
        operations += app_pairs.assign(path, kind, wanted=plan.wanted, ours=plan.ours, others=plan.others)
    if subject.live and _before(plan) != plan.marker:
        operations += _record(subject, plan.marker, Phase.SHRINK, held=_before(plan).line())
    return operations


def _before(plan: _Plan) -> Marker:
    """The marker while pairs of both sets may be live: a run that stops half-way forgets nothing."""
    live = {found.pair.digest for found in plan.ours.values()}
    pairs = tuple(sorted({*plan.marker.pairs, *(digest for digest in plan.recorded if digest in live)}))
    return replace(plan.marker, pairs=pairs)


def _record(subject: Subject, marker: Marker, phase: Phase, held: str | None = None) -> list[Operation]:
    """PATCH the marker, unless the app holds exactly this line (`held`: what an earlier request of this plan wrote)."""
    if marker.line() == (held or common.marker_line(subject, "notes")):
        return []
    assert subject.live is not None
    body: JsonObject = {
        "@odata.type": subject.live.body.get("@odata.type"),
        "notes": common.marked_text(subject, "notes", marker),
    }
    return [Operation(Verb.UPDATE, "PATCH", f"{_APPS}/{subject.id}", body, phase)]


def _withdrawn(subject: Subject) -> Subject:
    """A live app as a spec would see it that wants nothing of it any more."""
    assert subject.live is not None
    source = "vpp" if subject.live.collection.key == VPP_APPS.key else "store"
    spec: JsonObject = {"app": {"source": source}, "assignments": {"include": []}}
    return replace(subject, desired=replace(subject.desired, spec=spec))


def _parting(subject: Subject) -> Comparison:
    """The pairs that the marker records go, and the marker with them; the app stays, with what others assigned."""
    comparison = compare(_withdrawn(subject))
    plan: _Plan = comparison.basis
    kept = _wanted_by_specs(subject)
    ours = {key: live for key, live in plan.ours.items() if live.pair.digest not in kept}
    plan = replace(plan, ours=ours, others=[*plan.others, *(plan.ours[key] for key in plan.ours if key not in ours)])
    shown = app_pairs.shown([app_pairs.restricted(live.pair, None) for live in ours.values()], subject.world.names)
    return replace(
        comparison,
        wanted={**comparison.wanted, common.MARKER: None},
        found={**comparison.found, "assignments": shown},
        basis=plan,
    )


def _wanted_by_specs(subject: Subject) -> set[str]:
    """The digests of the pairs that specs want of the same app, whether their changes are selected or not."""
    assert subject.live is not None
    world, live = subject.world, subject.live
    same = (a for a, m in world.matches.items() if a.kind == subject.address.kind and m.live and m.live.id == live.id)
    specs = (world.desired[address] for address in same if address in world.desired)
    subjects = [Subject(spec, live, world) for spec in specs if "app" in spec.spec]  # what a rollback has is no spec
    return {pair.digest for each in subjects for pair in _pairs(each)[0].wanted.values()}


def _withdraw(subject: Subject, comparison: Comparison) -> list[Operation]:
    plan: _Plan = comparison.basis
    operations: list[Operation] = []
    assert subject.live is not None
    if "assignments" in comparison.changed:
        kind = _settings_type(_withdrawn(subject).desired)
        path = f"{_APPS}/{subject.id}/assign"
        operations += app_pairs.assign(path, kind, wanted={}, ours=plan.ours, others=plan.others)
    body: JsonObject = {
        "@odata.type": subject.live.body.get("@odata.type"),
        "notes": common.marked_text(subject, "notes", None) or "",  # null may be ignored
    }
    return [*operations, Operation(Verb.UPDATE, "PATCH", f"{_APPS}/{subject.id}", body)]


AUTHENTICATOR_ASSIGNMENT = Kind(
    name="AuthenticatorAssignment",
    collections=(STORE_APPS, VPP_APPS),
    find=find,
    compare=compare,
    write=write,
    claim=lambda d: (
        f"Authenticator from the token {_app(d).get('token')}" if _is_vpp(d) else "Authenticator from the App Store"
    ),
    check=app_pairs.check,
    marker_field="notes",
    shared=True,
    reassign=whole("mobileAppAssignments", app_pairs.ASSIGNMENT, await_published=True),
    prepares=frozenset({"EnrollmentProfile"}),
)
AUTHENTICATOR_ASSIGNMENT = replace(
    AUTHENTICATOR_ASSIGNMENT,
    parting=replace(AUTHENTICATOR_ASSIGNMENT, compare=_parting, write=_withdraw),
)
