"""The collections that the emulator serves, as data: paths, types, what may be done with them, status codes.

Facts that go beyond Microsoft's schema (status codes seen, properties that lists hide, which lists refuse `$expand`)
are de-facto observations of IntuneCD, CIPP, IntuneManagement and of published portal traces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from reconciler.model import Json

Bucket = Literal["configuration", "applications", "enrollment", "devices", "directory", "audit", "approval"]
AssignmentId = Literal["policy-and-group", "group-and-intent", "profile"]
NOTHING: Mapping[str, Json] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One collection. `path` follows the version and names it in seeds; `type` is the declared type of its items."""

    path: str
    type: str
    bucket: Bucket
    writes: frozenset[str] = frozenset()
    """Of POST, PATCH, DELETE."""
    required: frozenset[str] = frozenset()
    """Properties without which a create is refused."""
    creatable: frozenset[str] | None = None
    """Types that a create may have; None: any."""
    assignment: str | None = None
    """Type of an assignment, if items have any."""
    assignment_id: AssignmentId = "policy-and-group"
    assign: str | None = None
    """Name of the list in the body of `/assign`; None: there is no such action."""
    assign_answers_set: bool = True
    assignment_writes: frozenset[str] = frozenset()
    """Of POST, PATCH, DELETE below `/assignments`."""
    expand: frozenset[str] = frozenset()
    expand_on_list: bool = True
    patch_status: int = 200
    delete_status: int = 204
    versioned: bool = False
    hidden_on_lists: Mapping[str, Json] = field(default_factory=lambda: NOTHING)
    children: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Read-only collections below an item: navigation property -> type of its items."""
    reports: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What is computed below an item: name -> type, `[type]` for a collection. Made by `reports`."""
    single: bool = False
    """Whether the path is one object and no collection. Seeds hold it as a list of one."""
    default: Mapping[str, Json] | None = None
    """The one object of a tenant whose seed has none; None: there is none."""
    parts: frozenset[str] = frozenset()
    """Complex properties of a single object that have an address of their own."""
    page: int = 1000
    largest_page: int = 1000
    counts: Literal["on-request", "always-zero", "page"] = "on-request"
    versions: frozenset[str] = frozenset({"beta"})
    fold_case: bool = False
    """Whether text compares without case in `$filter` (the directory does)."""
    default_select: tuple[str, ...] | None = None
    """What comes without `$select`, if that is not everything."""

    @property
    def addresses(self) -> frozenset[tuple[str, ...]]:
        """What may follow the path of a single object: nothing, or the name of a part."""
        return frozenset({(), *((part,) for part in self.parts)})


ALL_WRITES = frozenset({"POST", "PATCH", "DELETE"})

CONFIGURATIONS = Resource(
    path="deviceManagement/deviceConfigurations",
    type="deviceConfiguration",
    bucket="configuration",
    writes=ALL_WRITES,
    required=frozenset({"displayName"}),
    assignment="deviceConfigurationAssignment",
    assign="assignments",
    assignment_writes=ALL_WRITES,
    expand=frozenset({"assignments"}),
    patch_status=204,
    delete_status=200,
    versioned=True,
    reports=MappingProxyType(
        {
            "deviceStatuses": "[deviceConfigurationDeviceStatus]",
            "userStatuses": "[deviceConfigurationUserStatus]",
            "deviceStatusOverview": "deviceConfigurationDeviceOverview",
        }
    ),
)
COMPLIANCE = Resource(
    path="deviceManagement/deviceCompliancePolicies",
    type="deviceCompliancePolicy",
    bucket="configuration",
    writes=ALL_WRITES,
    required=frozenset({"displayName", "scheduledActionsForRule"}),
    assignment="deviceCompliancePolicyAssignment",
    assign="assignments",
    assignment_writes=ALL_WRITES,
    expand=frozenset({"assignments", "scheduledActionsForRule"}),
    patch_status=204,
    delete_status=200,
    versioned=True,
    children=MappingProxyType({"scheduledActionsForRule": "deviceComplianceScheduledActionForRule"}),
)
APPS = Resource(
    path="deviceAppManagement/mobileApps",
    type="mobileApp",
    bucket="applications",
    writes=ALL_WRITES,
    required=frozenset({"displayName"}),
    creatable=frozenset({"iosStoreApp", "iosiPadOSWebClip", "webApp"}),
    assignment="mobileAppAssignment",
    assignment_id="group-and-intent",
    assign="mobileAppAssignments",
    assign_answers_set=False,
    assignment_writes=ALL_WRITES,
    expand=frozenset({"assignments", "categories"}),
    hidden_on_lists=MappingProxyType({"roleScopeTagIds": [], "largeIcon": None}),
    counts="always-zero",
)
PROFILES = Resource(
    path="deviceManagement/appleUserInitiatedEnrollmentProfiles",
    type="appleUserInitiatedEnrollmentProfile",
    bucket="enrollment",
    writes=ALL_WRITES,
    assignment="appleEnrollmentProfileAssignment",
    assignment_id="profile",
    assignment_writes=ALL_WRITES,
    expand=frozenset({"assignments"}),
    expand_on_list=False,
    delete_status=200,
)
FILTERS = Resource(
    path="deviceManagement/assignmentFilters",
    type="deviceAndAppManagementAssignmentFilter",
    bucket="configuration",
    writes=ALL_WRITES,
    required=frozenset({"displayName", "platform", "rule"}),
    delete_status=200,
)
SCOPE_TAGS = Resource(
    path="deviceManagement/roleScopeTags",
    type="roleScopeTag",
    bucket="configuration",
    writes=ALL_WRITES,
    required=frozenset({"displayName"}),
)
CATALOG_POLICIES = Resource(
    path="deviceManagement/configurationPolicies",
    type="deviceManagementConfigurationPolicy",
    bucket="configuration",
    assignment="deviceManagementConfigurationPolicyAssignment",
    expand=frozenset({"assignments", "settings"}),
    children=MappingProxyType({"settings": "deviceManagementConfigurationSetting"}),
    counts="page",
)
ENROLLMENT_CONFIGURATIONS = Resource(
    path="deviceManagement/deviceEnrollmentConfigurations",
    type="deviceEnrollmentConfiguration",
    bucket="enrollment",
    assignment="enrollmentConfigurationAssignment",
    expand=frozenset({"assignments"}),
)
DEP_SETTINGS = Resource(
    path="deviceManagement/depOnboardingSettings",
    type="depOnboardingSetting",
    bucket="enrollment",
    expand=frozenset({"defaultIosEnrollmentProfile"}),
    children=MappingProxyType({"enrollmentProfiles": "enrollmentProfile"}),
)
VPP_TOKENS = Resource(path="deviceAppManagement/vppTokens", type="vppToken", bucket="enrollment")
PUSH_CERTIFICATE = Resource(
    path="deviceManagement/applePushNotificationCertificate",
    type="applePushNotificationCertificate",
    bucket="enrollment",
    single=True,
)
BOTH_VERSIONS = frozenset({"beta", "v1.0"})
DEVICE_MANAGEMENT = Resource(
    path="deviceManagement",
    type="deviceManagement",
    bucket="configuration",
    single=True,
    default=MappingProxyType({"settings": {}}),
    parts=frozenset({"settings"}),
    versions=BOTH_VERSIONS,
)
"""`settings` alone is read by CIPP's standard for the compliance settings of a tenant."""
BRANDING = Resource(
    path="deviceManagement/intuneBrandingProfiles",
    type="intuneBrandingProfile",
    bucket="configuration",
    assignment="intuneBrandingProfileAssignment",
    expand=frozenset({"assignments"}),
)
TERMS = Resource(
    path="deviceManagement/termsAndConditions",
    type="termsAndConditions",
    bucket="enrollment",
    assignment="termsAndConditionsAssignment",
    expand=frozenset({"assignments"}),
    versions=BOTH_VERSIONS,
)
MANAGED_DEVICES = Resource(
    path="deviceManagement/managedDevices",
    type="managedDevice",
    bucket="devices",
    children=MappingProxyType(
        {
            "deviceConfigurationStates": "deviceConfigurationState",
            "deviceCompliancePolicyStates": "deviceCompliancePolicyState",
        }
    ),
    counts="page",
    versions=BOTH_VERSIONS,
    fold_case=True,
)
TROUBLESHOOTING = Resource(
    path="deviceManagement/troubleshootingEvents",
    type="deviceManagementTroubleshootingEvent",
    bucket="devices",
    versions=BOTH_VERSIONS,
)
APP_PROTECTION = Resource(
    path="deviceAppManagement/iosManagedAppProtections",
    type="iosManagedAppProtection",
    bucket="applications",
    assignment="targetedManagedAppPolicyAssignment",
    expand=frozenset({"assignments"}),
    versions=BOTH_VERSIONS,
)
APP_CONFIGURATIONS = Resource(
    path="deviceAppManagement/mobileAppConfigurations",
    type="managedDeviceMobileAppConfiguration",
    bucket="applications",
    assignment="managedDeviceMobileAppConfigurationAssignment",
    expand=frozenset({"assignments"}),
    versions=BOTH_VERSIONS,
)
GROUPS = Resource(
    path="groups",
    type="group",
    bucket="directory",
    page=100,
    largest_page=999,
    versions=BOTH_VERSIONS,
    fold_case=True,
)
USERS = Resource(
    path="users",
    type="user",
    bucket="directory",
    page=100,
    largest_page=999,
    versions=BOTH_VERSIONS,
    fold_case=True,
    default_select=(
        "businessPhones",
        "displayName",
        "givenName",
        "id",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
        "surname",
        "userPrincipalName",
    ),
    children=MappingProxyType(
        {
            "licenseDetails": "licenseDetails",
            "mobileAppIntentAndStates": "mobileAppIntentAndState",
            "mobileAppTroubleshootingEvents": "mobileAppTroubleshootingEvent",
        }
    ),
)
DIRECTORY_OBJECTS = Resource(
    path="directoryObjects",
    type="directoryObject",
    bucket="directory",
    page=100,
    largest_page=999,
    versions=BOTH_VERSIONS,
    fold_case=True,
)
"""What relations show: groups, users and devices, each with its type. It has no address of its own."""
DEVICES = Resource(
    path="devices",
    type="device",
    bucket="directory",
    page=100,
    largest_page=999,
    versions=BOTH_VERSIONS,
    fold_case=True,
)
SKUS = Resource(path="subscribedSkus", type="subscribedSku", bucket="directory", versions=BOTH_VERSIONS)
CONDITIONAL_ACCESS = Resource(
    path="identity/conditionalAccess/policies",
    type="conditionalAccessPolicy",
    bucket="directory",
    versions=BOTH_VERSIONS,
)
REGISTRATION_POLICY = Resource(
    path="policies/deviceRegistrationPolicy",
    type="deviceRegistrationPolicy",
    bucket="directory",
    single=True,
    default=MappingProxyType(
        {
            "id": "deviceRegistrationPolicy",
            "azureADRegistration": {
                "allowedToRegister": {"@odata.type": "#microsoft.graph.allDeviceRegistrationMembership"}
            },
        }
    ),
    versions=BOTH_VERSIONS,
)
AUDIT_EVENTS = Resource(
    path="deviceManagement/auditEvents", type="auditEvent", bucket="audit", versions=BOTH_VERSIONS, counts="page"
)
DIRECTORY_AUDITS = Resource(
    path="auditLogs/directoryAudits", type="directoryAudit", bucket="audit", versions=BOTH_VERSIONS
)
APPROVAL_POLICIES = Resource(
    path="deviceManagement/operationApprovalPolicies", type="operationApprovalPolicy", bucket="approval"
)
APPROVAL_REQUESTS = Resource(
    path="deviceManagement/operationApprovalRequests", type="operationApprovalRequest", bucket="approval"
)
ORGANIZATION = Resource(path="organization", type="organization", bucket="directory", versions=BOTH_VERSIONS)

RESOURCES: tuple[Resource, ...] = (
    CONFIGURATIONS,
    COMPLIANCE,
    APPS,
    PROFILES,
    FILTERS,
    SCOPE_TAGS,
    CATALOG_POLICIES,
    ENROLLMENT_CONFIGURATIONS,
    DEP_SETTINGS,
    VPP_TOKENS,
    PUSH_CERTIFICATE,
    DEVICE_MANAGEMENT,
    BRANDING,
    TERMS,
    MANAGED_DEVICES,
    TROUBLESHOOTING,
    APP_PROTECTION,
    APP_CONFIGURATIONS,
    GROUPS,
    USERS,
    DEVICES,
    SKUS,
    CONDITIONAL_ACCESS,
    REGISTRATION_POLICY,
    ORGANIZATION,
    AUDIT_EVENTS,
    DIRECTORY_AUDITS,
    APPROVAL_POLICIES,
    APPROVAL_REQUESTS,
)
HISTORY = frozenset({AUDIT_EVENTS.path, DIRECTORY_AUDITS.path, APPROVAL_REQUESTS.path})
"""What happened to a tenant rather than what it is: kept in state files, no part of an export or a seed."""

BY_PATH: Mapping[str, Resource] = {resource.path: resource for resource in RESOURCES}
