"""What `doctor` reads beside the collections of the kinds, and which permissions that takes.

Used by `engine.examine`, which reads it, and by `permissions`. Permissions: the "Permissions" section of each operation
in the Microsoft Graph reference. Those are named that are enough for an application and for a person alike.
"""

from __future__ import annotations

from ..live import Collection
from .model import Single, Source

_SERVICE = ("DeviceManagementServiceConfig.Read.All", "DeviceManagementServiceConfig.ReadWrite.All")
_CONFIGURATION = ("DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All")
_APPS = ("DeviceManagementApps.Read.All", "DeviceManagementApps.ReadWrite.All")
_DEVICES = ("DeviceManagementManagedDevices.Read.All", "DeviceManagementManagedDevices.ReadWrite.All")
_DIRECTORY = ("Directory.Read.All", "Directory.ReadWrite.All")
_ACCESS = ("Policy.Read.ConditionalAccess", "Policy.Read.All", "Policy.ReadWrite.ConditionalAccess")
_QUOTA = ("Policy.Read.DeviceConfiguration", "Policy.ReadWrite.DeviceConfiguration")
"""Policy.Read.All is enough for people who are signed in, and not for an application: so it is not named. Source: "Get
deviceRegistrationPolicy".
"""

ORGANIZATION = Single(
    "organization",
    "/beta/organization?$select=id,displayName,mobileDeviceManagementAuthority",
    ("Organization.Read.All", "Organization.ReadWrite.All", *_SERVICE, *_DIRECTORY),
    listed=True,
)
CERTIFICATE = Single("pushCertificate", "/beta/deviceManagement/applePushNotificationCertificate", _SERVICE)
SETTINGS = Single("managementSettings", "/beta/deviceManagement/settings", _CONFIGURATION)
"""CIPP is known to read it like this."""
QUOTA = Single("registrationPolicy", "/v1.0/policies/deviceRegistrationPolicy", _QUOTA)
RESTRICTIONS = Collection(
    "enrollmentConfigurations",
    "/beta/deviceManagement/deviceEnrollmentConfigurations",
    assignments="expanded",
    read_permissions=_SERVICE,
)
COMPLIANCE = Collection(
    "compliancePolicies",
    "/beta/deviceManagement/deviceCompliancePolicies",
    assignments="expanded",
    read_permissions=_CONFIGURATION,
)
ACCESS = Collection("accessPolicies", "/v1.0/identity/conditionalAccess/policies", read_permissions=_ACCESS, top=None)
BRANDING = Collection(
    "brandingProfiles",
    "/beta/deviceManagement/intuneBrandingProfiles",
    assignments="separate",
    read_permissions=_APPS,
)
TERMS = Collection(
    "terms", "/beta/deviceManagement/termsAndConditions", assignments="separate", read_permissions=_SERVICE
)
TOKENS = Collection("vppTokens", "/beta/deviceAppManagement/vppTokens", read_permissions=_SERVICE)
SKUS = Collection(
    "subscribedSkus",
    "/v1.0/subscribedSkus",
    read_permissions=("Organization.Read.All", "Organization.ReadWrite.All", *_DIRECTORY),
    top=None,
)
APP_CONFIGURATIONS = Collection(
    "appConfigurations",
    "/beta/deviceAppManagement/mobileAppConfigurations",
    assignments="expanded",
    read_permissions=_APPS,
)
PROTECTION = Collection(
    "appProtection",
    "/beta/deviceAppManagement/iosManagedAppProtections",
    assignments="expanded",
    read_permissions=_APPS,
)
DEVICES = Collection("managedDevices", "/beta/deviceManagement/managedDevices", read_permissions=_DEVICES)
"""Of these, `examine` asks for those that were enrolled since a date."""
PEOPLE = ("User.Read.All", "User.ReadWrite.All", *_DIRECTORY)
"""Source: "Get a user"."""
GROUPS_OF_PERSON = ("GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", *_DIRECTORY)
"""Source: "List a user's direct and transitive memberships"."""
DIRECTORY_DEVICES = ("Device.Read.All", *_DIRECTORY)
"""Source: "List devices"."""
STATES = _DEVICES
"""Source: "List mobileAppIntentAndStates", "List deviceManagementTroubleshootingEvents"."""
DEVICE_POLICIES = (*_CONFIGURATION, *_DEVICES)
"""Source: "List deviceConfigurationStates"."""

FEATURES, STORE_APPS, VPP_APPS, PROFILES = "deviceFeatures", "storeApps", "vppApps", "enrollmentProfiles"
"""Collections of the kinds, by their keys."""
CATALOG, AUTOMATED = "settingsCatalog", "automatedProfiles"
"""What is only read: the settings catalog form of the SSO extension, and profiles of Automated Device Enrollment."""

SOURCES: tuple[Source, ...] = (
    ORGANIZATION,
    CERTIFICATE,
    SETTINGS,
    QUOTA,
    RESTRICTIONS,
    COMPLIANCE,
    ACCESS,
    BRANDING,
    TERMS,
    TOKENS,
    SKUS,
    APP_CONFIGURATIONS,
    PROTECTION,
    DEVICES,
)

PERSON: tuple[tuple[tuple[str, ...], str], ...] = (
    (PEOPLE, "reads one account and its plans"),
    (GROUPS_OF_PERSON, "reads which groups a person is in"),
    (DIRECTORY_DEVICES, "looks a device up in Entra"),
    (STATES, "reads the apps on a person's devices, and failed enrollments"),
    (DEVICE_POLICIES, "reads the policies on a device"),
)
"""What `doctor --user` asks beside these, with what it takes."""
