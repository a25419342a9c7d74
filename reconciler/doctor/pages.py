"""The pages of Microsoft's documentation that checks rest on, beside those of the rules."""

from __future__ import annotations

from typing import Final

from ..rules.sources import ACCOUNT as _ACCOUNT
from ..rules.sources import JIT as _JIT
from ..rules.sources import PLUGIN as _PLUGIN
from ..rules.sources import WEB as _WEB

_ENROLL: Final = "https://learn.microsoft.com/mem/intune/enrollment/"
_TROUBLE: Final = "https://learn.microsoft.com/troubleshoot/mem/intune/device-enrollment/"

JIT, WEB, ACCOUNT, PLUGIN = _JIT.url, _WEB.url, _ACCOUNT.url, _PLUGIN.url
CERTIFICATE: Final = _ENROLL + "apple-mdm-push-certificate-get"
AUTHORITY: Final = "https://learn.microsoft.com/mem/intune/fundamentals/mdm-authority-set"
RESTRICTIONS: Final = _ENROLL + "enrollment-restrictions-set"
LIMITS: Final = _ENROLL + "device-limit-intune-azure"
QUOTA: Final = "https://learn.microsoft.com/graph/api/resources/deviceregistrationpolicy"
COMPLIANCE: Final = "https://learn.microsoft.com/mem/intune/protect/device-compliance-get-started"
MFA: Final = _ENROLL + "multi-factor-authentication"
COMPANY_PORTAL: Final = "https://learn.microsoft.com/mem/intune/apps/company-portal-app"
TERMS: Final = _ENROLL + "terms-and-conditions-create"
VPP: Final = "https://learn.microsoft.com/mem/intune/apps/vpp-apps-ios"
AUTOMATED: Final = _ENROLL + "automated-device-enrollment-authentication"
FEATURES: Final = "https://learn.microsoft.com/mem/intune/configuration/ios-device-features-settings"
PERMISSIONS: Final = "https://learn.microsoft.com/graph/permissions-reference"
TROUBLE: Final = _TROUBLE + "troubleshoot-device-enrollment-in-intune"
IOS_TROUBLE: Final = _TROUBLE + "troubleshoot-ios-enrollment-errors"
LICENCES: Final = "https://learn.microsoft.com/mem/intune/fundamentals/licenses"
