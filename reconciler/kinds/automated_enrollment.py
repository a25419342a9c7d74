"""Profiles of Automated Device Enrollment for iPhones and iPads, by the tokens that they belong to. Only read.

Which of Graph's flags make Setup Assistant with modern authentication is not documented, and the description of
`enableAuthenticationViaCompanyPortal` ("depEnrollmentBaseProfile", Microsoft Graph reference) says the opposite of its
name. So a profile for which people sign in is `unknown`, and only one without users is certain. The portal writes newer
ones to the settings catalog (`settings_catalog`), and this list shows those too.
"""

from __future__ import annotations

from ..facts import AutomatedProfile
from ..live import ABOVE, Collection, Live
from ..model import Json, JsonObject

_IOS = "depiosenrollmentprofile"


def concerns_ios(raw: JsonObject) -> bool:
    """Whether it is for iPhones and iPads; one whose type is not told may be."""
    kind = str(raw.get("@odata.type") or "").rpartition(".")[2].casefold()
    return kind in ("", "enrollmentprofile", _IOS)


COLLECTION = Collection(
    "automatedProfiles",
    "/beta/deviceManagement/depOnboardingSettings",
    read_permissions=("DeviceManagementServiceConfig.Read.All", "DeviceManagementServiceConfig.ReadWrite.All"),
    top=None,
    concerns=concerns_ios,
    below="enrollmentProfiles",
)


def shows(live: Live) -> AutomatedProfile:
    """What a profile says for certain."""
    body, above = live.body, live.body.get(ABOVE)
    token = above.get("tokenName") if isinstance(above, dict) else None
    return AutomatedProfile(
        live.display_name,
        "none" if body.get("requiresUserAuthentication") is False else "unknown",
        single_app_mode=_switch(body.get("enableSingleAppEnrollmentMode")),
        shared_mode=_switch(body.get("userlessSharedAadModeEnabled")),
        default=body.get("isDefault") is True,
        token=token if isinstance(token, str) else None,
    )


def _switch(value: Json) -> bool | None:
    return value if isinstance(value, bool) else None
