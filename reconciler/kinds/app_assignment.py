"""`AppAssignment`: an app that the tenant has, and whom it is assigned to; such as the app of the first sign-in.

The spec names the app by bundle id, App Store number or name. It is shared with others (see `sharing`), and never
created or deleted. Apps of the App Store and of VPP tokens only: of other types it is not documented which settings
their assignments take on personal devices. Authenticator and web clips have kinds of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches

from ..assignments import wanted_targets
from ..diagnostics import Diagnostic
from ..facts import AUTHENTICATOR, AUTHENTICATOR_STORE_ID, App
from ..identity import owned_by
from ..kind import Comparison, Expressed, Kind, Match, Subject, World
from ..live import Live
from ..model import JsonObject, Path
from ..spec.load import Desired
from . import apps, common, pairs, web_clip
from .apps import STORE_APPS, VPP_APPS
from .expressing import Draft
from .reassign import whole
from .sharing import Sharing

NAME = "AppAssignment"
SHARING = Sharing(apps.PATH, apps.NOTES, apps.form)
_WORDS: Mapping[str, str] = {"bundleId": "the bundle id", "storeId": "the App Store number", "name": "the name"}
"""The ways to name an app, of which a spec uses one; in words."""
_ORIGINS: Mapping[str, str] = {"any": "", "store": " from the App Store", "vpp": " from a VPP token"}
_SUGGESTED = 3
_NEAR: Mapping[str, float] = {"bundleId": 0.85, "storeId": 0.85, "name": 0.6}
"""How alike a suggestion has to be: bundle ids of one maker, and numbers, are alike without being meant."""


def _key(desired: Desired) -> tuple[str, str]:
    """By which of `bundleId`, `storeId` and `name` the spec names the app, and the value."""
    app = apps.named(desired)
    way = next(way for way in _WORDS if way in app)
    return way, str(app[way])


def _value(live: Live, way: str) -> str:
    found = {"bundleId": apps.bundle_id(live), "storeId": apps.store_id(live), "name": live.display_name}[way]
    return found or ""


def find(desired: Desired, world: World) -> Match:
    """The app that the spec means: pinned, or the only one that is called so and comes from there."""
    way, value = _key(desired)
    wanted = apps.called(value, world) if way == "name" else value
    same = _called_so(way, wanted, world)
    fitting = [live for live in same if _comes_from(live, desired, world)]
    match = apps.only(desired, world, fitting, fitting) or _missing(desired, world, wanted, same)
    return _authenticators(desired, match.live) if match.live and apps.is_authenticator(match.live) else match


def _called_so(way: str, wanted: str, world: World) -> list[Live]:
    """The apps that this value names, by an index that is made once for a world."""
    key = ("apps", way)
    if key not in world.indexes:
        index: dict[str, list[Live]] = {}
        for live in world.objects((STORE_APPS, VPP_APPS)):
            index.setdefault(_folded(_value(live, way), way), []).append(live)
        world.indexes[key] = index
    found: list[Live] = world.indexes[key].get(_folded(wanted, way), [])
    return found


def _folded(value: str, way: str) -> str:
    """Bundle ids without regard to case: whether it counts, the pages of Apple and of Microsoft do not agree."""
    return value.casefold() if way == "bundleId" else value


def _comes_from(live: Live, desired: Desired, world: World) -> bool:
    app = apps.named(desired)
    if "token" in app:
        return apps.source(live) == "vpp" and apps.token(live) == apps.called(app["token"], world)
    return app.get("source", "any") in ("any", apps.source(live))


def _missing(desired: Desired, world: World, wanted: str, same: list[Live]) -> Match:
    way, _ = _key(desired)
    if same:
        message = f"the tenant has the app {wanted!r}, but not{_origin(desired)}"
        return apps.refused(desired, message, f"there is {apps.told(same)}: correct `source` or `token`")
    message = f"no app of the tenant has {_WORDS[way]} {wanted!r}"
    return apps.refused(desired, message, _remedy(desired, world, way, wanted))


def _remedy(desired: Desired, world: World, way: str, wanted: str) -> str:
    """What was meant, as far as that can be guessed; else what to do."""
    known = world.objects((STORE_APPS, VPP_APPS))
    if renamed := [live for live in known if desired.address in owned_by(live, apps.NOTES, world.owners)]:
        return f"{apps.told(renamed)} carries the marker of this spec: if it was renamed, write its new name"
    if way == "name" and any(clip.display_name == wanted for clip in world.objects((web_clip.COLLECTION,))):
        return "a web clip is called so: declare it with `kind: WebClip`"
    if near := _near(wanted, {_value(live, way) for live in known}, _NEAR[way]):
        return f"did you mean {' or '.join(map(repr, near))}?"
    return (
        "add the app to Intune first, from the App Store or by syncing its VPP token: only such apps are assigned here"
    )


def _near(wanted: str, known: Iterable[str], cutoff: float) -> list[str]:
    """Values that look like the wanted one, by case first."""
    folded = {value.casefold(): value for value in sorted(known) if value}
    return [folded[each] for each in get_close_matches(wanted.casefold(), folded, n=_SUGGESTED, cutoff=cutoff)]


def _authenticators(desired: Desired, live: Live) -> Match:
    return Match(None, "none", (_is_authenticator(desired, apps.told([live]), ("spec", "app")),))


def _is_authenticator(desired: Desired, what: str, path: Path) -> Diagnostic:
    message = f"{what} is Microsoft Authenticator, which has a kind of its own"
    return desired.problem("IDENT114", message, "declare it with `kind: AuthenticatorAssignment`", path)


def check(desired: Desired) -> list[Diagnostic]:
    """What is wrong with the targets, and Authenticator where the spec names it outright."""
    way, value = _key(desired)
    own = {"bundleId": AUTHENTICATOR, "storeId": AUTHENTICATOR_STORE_ID}.get(way)
    found = [_is_authenticator(desired, value, ("spec", "app", way))] if value.casefold() == own else []
    return [*found, *apps.check(desired)]


def compare(subject: Subject) -> Comparison:
    """The pairs that are ours and their marker. An error where the spec mentions what this app does not have."""
    comparison = SHARING.compare(subject)
    return replace(comparison, diagnostics=(*comparison.diagnostics, *_foreign_settings(subject)))


def _foreign_settings(subject: Subject) -> Iterator[Diagnostic]:
    """Settings of VPP apps, where the app that was found comes from the App Store."""
    if apps.form(subject).licensed:
        return
    spec = subject.spec
    targets = [target.path for target in wanted_targets(spec.get("assignments")) if target.licensing]
    places: list[Path] = [(*path, "licensing") for path in targets]
    places += [("spec", "app", "licensing")] if "licensing" in apps.named(subject.desired) else []
    places += [("spec", "preventAutoAppUpdate")] if "preventAutoAppUpdate" in spec else []
    for path in places:
        message = f"the app comes from the App Store, and only apps from a VPP token have `{path[-1]}`"
        yield subject.problem("ASSIGN105", message, "leave it out, or name the copy that a token brought", path)


def claim(desired: Desired) -> str:
    """The app as the spec names it, with what tells copies apart."""
    way, value = _key(desired)
    known = value.casefold() if way == "bundleId" else value
    return f"the app with {_WORDS[way]} {known}{_origin(desired)}{common.pinned(desired)}"


def _origin(desired: Desired) -> str:
    """Where the spec wants the app from, in words; empty where that does not matter."""
    app = apps.named(desired)
    return f" from the token {app['token']!r}" if "token" in app else _ORIGINS[str(app.get("source", "any"))]


def expresses(live: Live, world: World) -> Expressed | None:
    """The assignments of a live app; None for Authenticator, and where there is none to be told of."""
    if apps.is_authenticator(live):
        return None
    draft = Draft(world)
    held = SHARING.expressed(draft, live, NAME, pairs.VPP if apps.source(live) == "vpp" else pairs.STORE)
    if not (held or draft.problems or owned_by(live, apps.NOTES, world.owners)):
        return None
    apps.assigned(draft, live, held, _called(live, world))
    return draft.done(live.display_name)


def _called(live: Live, world: World) -> JsonObject:
    """The app by bundle id, else by App Store number, else by name; with its source where copies share that."""
    way = next(way for way in _WORDS if _value(live, way))
    value = _value(live, way)
    app: JsonObject = {way: apps.spoken(value, world) if way == "name" else value}
    if len(_called_so(way, value, world)) == 1:
        return app
    if apps.source(live) == "vpp":
        return {**app, "source": "vpp", "token": apps.spoken(apps.token(live), world)}
    return {**app, "source": "store"}


def declares(desired: Desired) -> App:
    """The app as far as the spec names it, and to whom it goes."""
    way, value = _key(desired)
    app = apps.named(desired)
    where = "vpp" if "token" in app else app.get("source")
    return App(
        value,
        value if way == "bundleId" else None,
        value if way == "storeId" else None,
        "vpp" if where == "vpp" else "store" if where == "store" else None,
        deliveries=apps.deliveries(desired),
        path=("spec", "app"),
    )


def shows(live: Live) -> App | None:
    """Any app but Authenticator."""
    return None if apps.is_authenticator(live) else apps.fact(live)


_KIND = Kind(
    name=NAME,
    collections=(STORE_APPS, VPP_APPS),
    find=find,
    compare=compare,
    write=SHARING.write,
    claim=claim,
    check=check,
    reason=SHARING.reason,
    marker_field=apps.NOTES,
    shared=True,
    reassign=whole("mobileAppAssignments", pairs.ASSIGNMENT, await_published=True),
    prepares=frozenset({"EnrollmentProfile"}),
    nouns=(App,),
    declares=declares,
    shows=shows,
    expresses=expresses,
    on_request=True,
)
APP_ASSIGNMENT = replace(_KIND, parting=replace(_KIND, compare=SHARING.compare_parting, write=SHARING.write_parting))
