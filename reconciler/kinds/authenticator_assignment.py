"""`AuthenticatorAssignment`: Microsoft Authenticator as an assigned app, from the App Store or a VPP token.

The broker of just-in-time registration: Microsoft's articles want it assigned as *required* to the people who enroll.
The app is shared with others (see `sharing`), is never deleted, and nothing here uninstalls it unless the spec's own
intent says `uninstall`: people's sign-in methods live in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..facts import AUTHENTICATOR, AUTHENTICATOR_STORE_ID, App
from ..identity import owned_by
from ..kind import Comparison, Expressed, Kind, Match, Operation, Subject, Verb, World
from ..live import Live
from ..model import JsonObject
from ..spec.load import Desired
from . import apps, common, pairs
from .apps import STORE_APPS, VPP_APPS
from .expressing import Draft
from .reassign import whole
from .sharing import Sharing

STORE_APP: JsonObject = {
    "@odata.type": "#microsoft.graph.iosStoreApp",
    "displayName": "Microsoft Authenticator",
    "description": "Microsoft Authenticator",
    "publisher": "Microsoft Corporation",
    "appStoreUrl": f"https://apps.apple.com/us/app/microsoft-authenticator/id{AUTHENTICATOR_STORE_ID}",
    "bundleId": AUTHENTICATOR,
    "applicableDeviceType": {"@odata.type": "#microsoft.graph.iosDeviceType", "iPad": True, "iPhoneAndIPod": True},
    "minimumSupportedOperatingSystem": {"@odata.type": "#microsoft.graph.iosMinimumOperatingSystem", "v16_0": True},
    "isFeatured": False,
}
"""What is created where a tenant has no Authenticator yet; the name and address of the App Store page."""
NAME = "AuthenticatorAssignment"
SHARING = Sharing(apps.PATH, apps.NOTES, apps.form)


def _is_vpp(desired: Desired) -> bool:
    return apps.named(desired)["source"] == "vpp"


def find(desired: Desired, world: World) -> Match:
    """The app that the spec means: pinned, or the only Authenticator of that source (and token)."""
    collection = VPP_APPS if _is_vpp(desired) else STORE_APPS
    found = [live for live in world.objects((collection,)) if apps.is_authenticator(live)]
    token = apps.called(apps.named(desired).get("token"), world)
    meant = [live for live in found if not _is_vpp(desired) or apps.token(live) == token]
    return apps.only(desired, world, meant, found) or _missing(desired, found)


def _missing(desired: Desired, found: Sequence[Live]) -> Match:
    app = apps.named(desired)
    if _is_vpp(desired):
        tokens = sorted({apps.token(live) for live in found})
        there = f"Authenticator comes from {', '.join(tokens)}" if tokens else "no VPP token brings Authenticator"
        detail = f"{there}; buy licences in Apple Business Manager and sync the token, or correct `token`"
        return apps.refused(desired, f"the VPP token {app.get('token')!r} brings no Authenticator", detail)
    if app.get("createIfMissing") is True:
        return Match()
    message = "the tenant has no Authenticator from the App Store"
    return apps.refused(desired, message, "set `createIfMissing: true`, or add the app")


def compare(subject: Subject) -> Comparison:
    """The pairs that are ours and their marker; and the app, where it is created."""
    comparison = SHARING.compare(subject)
    if subject.live:
        return comparison
    made: JsonObject = {"source": "store", "bundleId": AUTHENTICATOR, "displayName": STORE_APP["displayName"]}
    return replace(comparison, wanted={"app": made, **comparison.wanted})


def write(subject: Subject, comparison: Comparison) -> list[Operation]:
    """Create if missing, then as for every shared object."""
    operations = SHARING.write(subject, comparison)
    if subject.live:
        return operations
    body = {**STORE_APP, apps.NOTES: common.marked_text(subject, apps.NOTES, comparison.basis.marker)}
    return [Operation(Verb.CREATE, "POST", apps.PATH, body), *operations]


def _claim(desired: Desired) -> str:
    token = apps.named(desired).get("token")
    whence = f"the token {token}" if _is_vpp(desired) else "the App Store"
    return f"Authenticator from {whence}{common.pinned(desired)}"


def expresses(live: Live, world: World) -> Expressed | None:
    """The assignments of a live Authenticator; None where there is none to be told of."""
    if not apps.is_authenticator(live):
        return None
    draft = Draft(world)
    held = SHARING.expressed(draft, live, NAME, pairs.VPP if apps.source(live) == "vpp" else pairs.STORE)
    if not (held or draft.problems or owned_by(live, apps.NOTES, world.owners)):
        return None
    token = apps.spoken(apps.token(live), world)
    app: JsonObject = {"source": "vpp", "token": token} if apps.source(live) == "vpp" else {"source": "store"}
    apps.assigned(draft, live, held, app)
    return draft.done(f"authenticator {token}" if "token" in app else "authenticator")


def declares(desired: Desired) -> App:
    """Authenticator, and to whom it goes."""
    return App(
        "Microsoft Authenticator",
        AUTHENTICATOR,
        AUTHENTICATOR_STORE_ID,
        "vpp" if _is_vpp(desired) else "store",
        authenticator=True,
        deliveries=apps.deliveries(desired),
        path=("spec", "app"),
    )


def shows(live: Live) -> App | None:
    """Authenticator; other apps of the same collections are another kind's."""
    return apps.fact(live) if apps.is_authenticator(live) else None


_KIND = Kind(
    name=NAME,
    collections=(STORE_APPS, VPP_APPS),
    find=find,
    compare=compare,
    write=write,
    claim=_claim,
    check=apps.check,
    reason=SHARING.reason,
    marker_field=apps.NOTES,
    shared=True,
    reassign=whole("mobileAppAssignments", pairs.ASSIGNMENT, await_published=True),
    prepares=frozenset({"EnrollmentProfile"}),
    nouns=(App,),
    declares=declares,
    shows=shows,
    expresses=expresses,
)
AUTHENTICATOR_ASSIGNMENT = replace(
    _KIND, parting=replace(_KIND, compare=SHARING.compare_parting, write=SHARING.write_parting)
)
