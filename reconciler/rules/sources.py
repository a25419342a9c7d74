"""The pages of documentation that rules rest on."""

from __future__ import annotations

from .model import Source

_LEARN = "https://learn.microsoft.com/"
_GRAPH = _LEARN + "graph/api/resources/"

JIT = Source(
    "Set up just-in-time registration in Microsoft Intune",
    _LEARN + "mem/intune/enrollment/set-up-just-in-time-registration",
)
WEB = Source(
    "Set up web-based device enrollment for iOS", _LEARN + "mem/intune/enrollment/web-based-device-enrollment-ios"
)
PLUGIN = Source(
    "Microsoft Enterprise SSO plug-in for Apple devices", _LEARN + "entra/identity-platform/apple-sso-plugin"
)
PLUGIN_TROUBLE = Source(
    "Troubleshooting the Microsoft Enterprise SSO Extension plugin on Apple devices",
    _LEARN + "entra/identity/devices/troubleshoot-mac-sso-extension-plugin",
)
PLUGIN_INTUNE = Source(
    "Use the Microsoft Enterprise SSO plug-in on iOS/iPadOS devices",
    _LEARN + "mem/intune/configuration/use-enterprise-sso-plug-in-ios-ipados-with-intune",
)
FEATURES = Source(
    "iOS/iPadOS device feature settings in Microsoft Intune",
    _LEARN + "mem/intune/configuration/ios-device-features-settings",
)
SHARED_MODE = Source(
    "Automated Device Enrollment with Microsoft Entra shared device mode",
    _LEARN + "mem/intune/enrollment/automated-device-enrollment-shared-device-mode",
)
BUNDLE_IDS = Source(
    "Bundle ids of built-in iOS and iPadOS apps in Microsoft Intune",
    _LEARN + "mem/intune/configuration/bundle-ids-built-in-ios-apps",
)
GRAPH_EXTENSION = Source(
    "iosAzureAdSingleSignOnExtension resource type (Microsoft Graph beta)",
    _GRAPH + "intune-deviceconfig-iosazureadsinglesignonextension?view=graph-rest-beta",
)
GRAPH_FEATURES = Source(
    "iosDeviceFeaturesConfiguration resource type (Microsoft Graph beta)",
    _GRAPH + "intune-deviceconfig-iosdevicefeaturesconfiguration?view=graph-rest-beta",
)
ACCOUNT = Source(
    "Set up account driven Apple User Enrollment", _LEARN + "mem/intune/enrollment/apple-account-driven-user-enrollment"
)
BUNDLE_ID = Source("Bundle ID", "https://developer.apple.com/help/glossary/bundle-id/")
EXTENSIBLE_SSO = Source(
    "com.apple.extensiblesso (Apple device management)",
    "https://developer.apple.com/documentation/devicemanagement/extensiblesinglesignon",
)
PERSONAL = Source(
    "Personal enrollment options for iOS/iPadOS", _LEARN + "intune/device-enrollment/apple/personal-device-options-ios"
)
USER_ENROLLMENT = Source(
    "Set up user enrollment with Company Portal", _LEARN + "mem/intune/enrollment/ios-user-enrollment"
)
SUPPORTED = Source(
    "Supported operating systems and browsers in Intune",
    _LEARN + "mem/intune/fundamentals/supported-devices-browsers",
)
AUTOMATED = Source(
    "Authentication methods for automated device enrollment",
    _LEARN + "mem/intune/enrollment/automated-device-enrollment-authentication",
)
VPP = Source("Manage Apple volume-purchased apps", _LEARN + "mem/intune/apps/vpp-apps-ios")
WEB_APPS = Source("Add web apps to Microsoft Intune", _LEARN + "mem/intune/apps/web-app")
COMPANY_PORTAL = Source("Configure the Intune Company Portal apps", _LEARN + "mem/intune/apps/company-portal-app")
COMPLIANCE = Source(
    "Device compliance policies in Microsoft Intune", _LEARN + "mem/intune/protect/device-compliance-get-started"
)
CERTIFICATE = Source(
    "Get an Apple MDM push certificate", _LEARN + "mem/intune/enrollment/apple-mdm-push-certificate-get"
)
LIMITS = Source(
    "Understand Intune and Microsoft Entra device limit restrictions",
    _LEARN + "mem/intune/enrollment/device-limit-intune-azure",
)
QUOTA = Source("deviceRegistrationPolicy resource type", _LEARN + "graph/api/resources/deviceregistrationpolicy")
MFA = Source(
    "Set up multifactor authentication for Intune device enrollments",
    _LEARN + "mem/intune/enrollment/multi-factor-authentication",
)
TERMS = Source("Terms and conditions for user access", _LEARN + "mem/intune/enrollment/terms-and-conditions-create")
IOS_ERRORS = Source(
    "Troubleshoot iOS/iPadOS device enrollment errors",
    _LEARN + "troubleshoot/mem/intune/device-enrollment/troubleshoot-ios-enrollment-errors",
)
ENROLLMENT_ERRORS = Source(
    "Troubleshoot device enrollment in Intune",
    _LEARN + "troubleshoot/mem/intune/device-enrollment/troubleshoot-device-enrollment-in-intune",
)
RESTRICTIONS = Source(
    "Overview of enrollment restrictions", _LEARN + "mem/intune/enrollment/enrollment-restrictions-set"
)
APP_INTENTS = Source("Assign apps to groups with Microsoft Intune", _LEARN + "mem/intune/apps/apps-deploy")
