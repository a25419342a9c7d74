"""How much a departure matters: fields that decide whether devices register, and who is reached, are errors.

A table by field, since kinds call the same thing by the same name. Sources of the reasons: Microsoft's articles "Set up
just-in-time registration in Microsoft Intune", "Set up web-based device enrollment for iOS", "Create and assign
assignment filters" and "Use role-based access control and scope tags for distributed IT"; docs/drift.md repeats it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..diagnostics import Severity
from ..model import Json
from ..plan import targets_shown


class Weight(NamedTuple):
    """How much a departure matters, and why."""

    severity: Severity
    because: str


def _error(because: str) -> Weight:
    return Weight(Severity.ERROR, because)


def _warning(because: str) -> Weight:
    return Weight(Severity.WARNING, because)


def _info(because: str) -> Weight:
    return Weight(Severity.INFO, because)


FIELDS: Mapping[str, Weight] = {
    "jitRegistration": _error("without its exact pair no device registers while people sign in"),
    "safariSso": _error("it decides whether sign-in in Safari is shared"),
    "sharedDeviceMode": _error("people's own devices must not be in shared device mode"),
    "appBundleIds": _error("an app that is not listed has no single sign-on, and one that is gets it"),
    "additionalConfiguration": _error("it changes what the sign-in plug-in does on every device"),
    "enrollmentType": _error("it decides how devices enroll, and so whether they register"),
    "userChoice": _error("it decides how devices enroll, and so whether they register"),
    "order": _error("the first profile that fits a person wins, so people may get another one"),
    "rule": _error("it decides which devices every assignment with this filter reaches"),
    "platform": _error("a filter for another platform reaches no device that is meant"),
    "app": _error("without the app nobody is reached"),
    "url": _error("people get another page"),
    "targetApplicationBundleId": _warning("another app opens the page"),
    "useManagedBrowser": _warning("it decides which browser opens the page"),
    "fullScreen": _info("it changes how the page looks"),
    "ignoreManifestScope": _info("it changes how the page looks"),
    "preComposedIcon": _info("it changes how the icon looks"),
    "scopeTags": _warning("it decides which administrators see and change the object"),
    "marker": _warning("it says whose object it is; without it the object is found by its name alone"),
    "displayName": _info("it is a name for people"),
    "description": _info("it is a text for people"),
    "publisher": _info("it is a text for people"),
}
"""By the field of a spec. `assignments` depends on what departs: `_of_assignments`."""
OTHER = _warning("nothing is known of what this field decides")
MISSING = _error("the specs want an object, and the tenant has none")
ORPHANED = _warning("it is ours by its marker, and no spec says how it has to be")
REFUSED = _error("whether it departs is not known")


def weigh(field: str, specified: Json, live: Json) -> Weight:
    """The weight of one field, from what is specified to what is live."""
    return _of_assignments(specified, live) if field == "assignments" else FIELDS.get(field, OTHER)


def _of_assignments(specified: Json, live: Json) -> Weight:
    """Who loses something is an error; who gets more than was agreed on is not harmed at once."""
    wanted, found = targets_shown(specified), targets_shown(live)
    lost, gained = wanted - found, found - wanted
    if any(target.startswith("include:") for target in lost):
        return _error("people or devices that the spec names are not reached")
    if any(target.startswith("exclude:") for target in gained):
        return _error("people or devices are left out that the spec does not leave out")
    if lost:
        return _error("people or devices are reached that the spec leaves out")
    if gained:
        return _warning("more people or devices are reached than the spec names")
    return _warning("the same targets are reached with other settings or filters")
